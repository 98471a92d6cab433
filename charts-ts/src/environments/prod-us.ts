// Production in the United States: the second region, with a database and a vault path of its own.
import { PROD_EU } from './prod-eu.ts';
import type { Settings } from './settings.ts';

const VAULT = 'bank/us/ledger-db';

export const PROD_US: Settings = {
  ...PROD_EU,
  host: 'ledger.us.bank.example',
  config: { ...PROD_EU.config, REDIS_URL: 'redis://cache.us.bank.example:6379' },
  databaseSecret: {
    kind: 'external',
    store: { name: 'vault' },
    keys: {
      username: { key: VAULT, property: 'username' },
      password: { key: VAULT, property: 'password' },
      database: { key: VAULT, property: 'database' },
      host: { key: VAULT, property: 'host' },
      url: { key: VAULT, property: 'url' },
    },
  },
  access: {
    kind: 'tokens',
    origin: {
      kind: 'external',
      store: { name: 'vault' },
      keys: { 'tokens.json': { key: 'bank/us/ledger-tokens', property: 'tokens.json' } },
    },
  },
  database: {
    kind: 'managed',
    peer: { kind: 'addresses', cidrs: ['10.40.8.0/24'] },
    port: 5432,
    maxConnections: 250,
  },
  egress: [{ name: 'redis', peer: { kind: 'addresses', cidrs: ['10.40.9.0/24'] }, port: 6379 }],
  pods: { kind: 'autoscaled', minReplicas: 4, maxReplicas: 12, cpuPercent: 70 },
  zones: ['us-a', 'us-b'],
  backup: { keep: { daily: 14 }, sizeMebibytes: 102_400, timeZone: 'America/New_York' },
};
