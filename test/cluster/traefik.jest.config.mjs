// Both data planes on one route: run by name (`npm run test:traefik`), since Traefik's build is long.
import harness from './jest.config.mjs';

export default {
  ...harness,
  globalSetup: '<rootDir>/traefik-global-setup.mjs',
  testPathIgnorePatterns: [],
  testMatch: ['<rootDir>/traefik.cluster.ts'],
};
