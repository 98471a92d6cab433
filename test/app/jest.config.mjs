// Tests that need a real PostgreSQL: each file starts a private one. `node tools/setup/postgres.ts`
// installs it, `npm run generate` makes the client.
import { base } from '../../jest.config.mjs';

export default {
  ...base,
  testMatch: ['<rootDir>/test/app/**/*.test.ts', '<rootDir>/test/load/**/*.test.ts'],
  testTimeout: 120_000,
  maxWorkers: 2,
};
