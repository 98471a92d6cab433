// End-to-end tests: one cluster for the run, tests one after the other, minutes instead of seconds.
import { base } from '../../jest.config.mjs';

export default {
  ...base,
  testMatch: ['<rootDir>/test/e2e/**/*.e2e.ts'],
  globalSetup: '<rootDir>/test/e2e/global-setup.mjs',
  globalTeardown: '<rootDir>/test/e2e/global-teardown.mjs',
  maxWorkers: 1,
  testTimeout: 240_000,
};
