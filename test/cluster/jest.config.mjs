// The harness proved on real clusters; starts processes, so it is not part of the unit tests. The
// second data plane has a configuration of its own: building it takes longer than all the rest.
import { base } from '../../jest.config.mjs';

export default {
  ...base,
  rootDir: import.meta.dirname,
  testMatch: ['<rootDir>/**/*.cluster.ts'],
  globalSetup: '<rootDir>/global-setup.mjs',
  testPathIgnorePatterns: ['traefik'],
  testTimeout: 300_000,
  maxWorkers: 1,
};
