// Tests against a real API server with pretended nodes: one cluster at a time, each test file
// brings its own.
import { base } from '../../jest.config.mjs';

export default {
  ...base,
  rootDir: import.meta.dirname,
  testMatch: ['<rootDir>/**/*.test.ts'],
  testTimeout: 120_000,
  maxWorkers: 1,
};
