// Development: everything in one cluster, and nothing that has to be made by hand. The cluster needs
// cert-manager, a Gateway API installation and the kinds of the Prometheus operator.
import type { Settings } from './settings.ts';

export const DEV: Settings = {
  host: 'ledger.dev.bank.example',
  images: {
    operator: 'registry.example/slipway/operator:0.1.0',
    app: 'registry.example/bank/ledger:1.0.0',
    migrate: 'registry.example/bank/migrate:1.0.0',
    backup: 'registry.example/bank/backup:1.0.0',
  },
  operatorReplicas: 1,
  config: { APP_ENV: 'development', LOG_LEVEL: 'debug' },
  databaseSecret: {
    kind: 'generated',
    image: 'registry.example/bank/ledger:1.0.0',
    template: {
      username: 'ledger',
      password: '{{random:password}}',
      database: 'ledger',
      host: 'postgres',
      url: 'postgresql://ledger:{{random:password}}@postgres:5432/ledger',
    },
  },
  access: { kind: 'open' },
  database: { kind: 'inside', image: 'registry.example/library/postgres:15.18.0', maxConnections: 100 },
  egress: [],
  poolSize: 5,
  pods: { kind: 'fixed', replicas: 2 },
  zones: [],
  gateway: { className: 'envoy', namespace: 'envoy-gateway-system' },
  tls: {
    kind: 'certificate',
    secret: 'bank-tls',
    issuer: { kind: 'ClusterIssuer', name: 'self-signed' },
  },
  strategy: { canary: { steps: [{ weight: 50 }, { verify: { seconds: 30, requests: 20 } }] } },
  uploads: { kind: 'none' },
  backup: { keep: { daily: 2, weekly: 1, monthly: 0, yearly: 0 }, sizeMebibytes: 1024, timeZone: 'Etc/UTC' },
  monitoring: { namespace: 'monitoring', labels: { release: 'prometheus' }, objectivePercent: 99 },
};
