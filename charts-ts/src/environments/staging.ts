// Staging: as production, one size smaller. Its Secrets are made by hand or by another tool.
import { PROD_EU } from './prod-eu.ts';
import type { Settings } from './settings.ts';

export const STAGING: Settings = {
  ...PROD_EU,
  host: 'ledger.staging.bank.example',
  config: {
    ...PROD_EU.config,
    APP_ENV: 'staging',
    REDIS_URL: 'redis://cache.staging.bank.example:6379',
  },
  databaseSecret: { kind: 'existing' },
  access: { kind: 'tokens', origin: { kind: 'existing' } },
  database: {
    kind: 'managed',
    peer: { kind: 'addresses', cidrs: ['10.20.8.0/24'] },
    port: 5432,
    maxConnections: 100,
  },
  egress: [{ name: 'redis', peer: { kind: 'addresses', cidrs: ['10.20.9.0/24'] }, port: 6379 }],
  poolSize: 5,
  pods: { kind: 'fixed', replicas: 4 },
  tls: { kind: 'annotation', secret: 'bank-tls', issuer: { name: 'letsencrypt-staging' } },
  uploads: { kind: 'volume', sizeMebibytes: 5120, storageClass: 'shared-files' },
  backup: { keep: { weekly: 2, monthly: 0, yearly: 0 }, sizeMebibytes: 10_240, timeZone: 'Europe/Berlin' },
};
