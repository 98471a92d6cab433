// Unit and property tests: everything beside its source. The other tiers have configurations of
// their own under test/, because they start processes and need more time.
const swc = {
  jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
  module: { type: 'es6' },
};

export const base = {
  rootDir: import.meta.dirname,
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  testEnvironment: 'node',
};

export default {
  ...base,
  setupFiles: ['<rootDir>/tools/test/fixed-seed.mjs'],
  testMatch: ['<rootDir>/{operator,charts-ts,app,backup,prisma,tools}/**/*.test.ts', '<rootDir>/test/{bench,cluster,simulation}/**/*.test.ts'],
};
