// Routes as charts-ts renders them, served by a real Envoy on this machine: no cluster.
import { base } from '../../jest.config.mjs';

export default {
  ...base,
  testMatch: ['<rootDir>/test/gateway/**/*.test.ts'],
  testTimeout: 120_000,
};
