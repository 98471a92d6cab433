// Tests that need a real Prometheus. `node tools/setup/prometheus.ts` fetches it.
import { base } from '../../jest.config.mjs';

export default {
  ...base,
  testMatch: ['<rootDir>/test/sources/**/*.test.ts'],
  testTimeout: 60_000,
};
