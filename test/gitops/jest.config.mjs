// Tests of what Argo CD is given: its Lua scripts, run in its own interpreter.
import { base } from '../../jest.config.mjs';

export default {
  ...base,
  testMatch: ['<rootDir>/test/gitops/**/*.test.ts'],
  testTimeout: 120_000,
};
