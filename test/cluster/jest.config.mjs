// The harness proved on real clusters; starts processes, so it is not part of the unit tests.
import { base } from '../../jest.config.mjs';

export default {
  ...base,
  rootDir: import.meta.dirname,
  testMatch: ['<rootDir>/**/*.cluster.ts'],
  testTimeout: 300_000,
  maxWorkers: 1,
};
