// The whole story with Argo CD itself. Builds it first, which takes a quarter of an hour.
import { base } from '../../../jest.config.mjs';

export default {
  ...base,
  rootDir: import.meta.dirname,
  testMatch: ['<rootDir>/*.story.ts'],
  globalSetup: '<rootDir>/../../integration/global-setup.mjs',
  globalTeardown: '<rootDir>/../../integration/global-teardown.mjs',
  testEnvironment: '<rootDir>/../../integration/tier-environment.mjs',
  testTimeout: 300_000,
  maxWorkers: 1,
};
