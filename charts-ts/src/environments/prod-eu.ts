// Production in Europe: a managed database in several zones, its password from a vault.
import type { Settings } from './settings.ts';

export const PROD_EU: Settings = {
  host: 'ledger.eu.bank.example',
  images: {
    operator: 'registry.example/slipway/operator:0.1.0',
    app: 'registry.example/bank/ledger:1.0.0',
    migrate: 'registry.example/bank/migrate:1.0.0',
    backup: 'registry.example/bank/backup:1.0.0',
  },
  operatorReplicas: 2,
  config: {
    APP_ENV: 'production',
    LOG_LEVEL: 'info',
    REDIS_URL: 'redis://cache.eu.bank.example:6379',
    // Requests of one caller in a minute; the gateway's proxy names the client.
    RATE_LIMIT: '600',
    TRUSTED_PROXIES: '1',
  },
  databaseSecret: {
    kind: 'external',
    store: { name: 'vault' },
    keys: {
      username: { key: 'bank/eu/ledger-db', property: 'username' },
      password: { key: 'bank/eu/ledger-db', property: 'password' },
      database: { key: 'bank/eu/ledger-db', property: 'database' },
      host: { key: 'bank/eu/ledger-db', property: 'host' },
      url: { key: 'bank/eu/ledger-db', property: 'url' },
    },
  },
  access: {
    kind: 'tokens',
    origin: {
      kind: 'external',
      store: { name: 'vault' },
      keys: { 'tokens.json': { key: 'bank/eu/ledger-tokens', property: 'tokens.json' } },
    },
  },
  database: {
    kind: 'managed',
    peer: { kind: 'addresses', cidrs: ['10.30.8.0/24'] },
    port: 5432,
    maxConnections: 400,
  },
  egress: [{ name: 'redis', peer: { kind: 'addresses', cidrs: ['10.30.9.0/24'] }, port: 6379 }],
  poolSize: 8,
  pods: { kind: 'autoscaled', minReplicas: 4, maxReplicas: 20, cpuPercent: 70 },
  zones: ['eu-a', 'eu-b', 'eu-c'],
  gateway: { className: 'envoy', namespace: 'envoy-gateway-system' },
  tls: { kind: 'annotation', secret: 'bank-tls', issuer: { name: 'letsencrypt' } },
  strategy: {
    canary: {
      steps: [
        { weight: 5 },
        { verify: { seconds: 300, requests: 500 } },
        { weight: 25 },
        { verify: { seconds: 300, requests: 1000 } },
        { weight: 50 },
        { pause: { seconds: 600 } },
      ],
    },
  },
  uploads: { kind: 'volume', sizeMebibytes: 51_200, storageClass: 'shared-files' },
  backup: { keep: { daily: 14 }, sizeMebibytes: 102_400, timeZone: 'Europe/Berlin' },
  monitoring: { namespace: 'monitoring', labels: { release: 'prometheus' }, objectivePercent: 99.9 },
};
