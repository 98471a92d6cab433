// Tests against a real API server with pretended nodes: one cluster for the run, and one namespace
// for each test.
import { base } from '../../jest.config.mjs';

export default {
  ...base,
  rootDir: import.meta.dirname,
  testMatch: ['<rootDir>/**/*.test.ts'],
  globalSetup: '<rootDir>/global-setup.mjs',
  globalTeardown: '<rootDir>/global-teardown.mjs',
  testEnvironment: '<rootDir>/tier-environment.mjs',
  testTimeout: 90_000,
  maxWorkers: 1,
};
