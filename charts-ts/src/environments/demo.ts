// The demo: the operator, a bank's ledger with its database, its release and its backups. Everything
// that another environment would have different stands at the top.
import type { App, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { AppReleaseSpecInput } from '../../../operator/src/api/app-release.ts';
import { customResourceDefinitions } from '../../../operator/src/api/crd.ts';
import { AppReleaseObject } from '../constructs/app-release-object.ts';
import { BackupCronJob } from '../constructs/backup-cron-job.ts';
import { BackupExporter } from '../constructs/backup-exporter.ts';
import { DatabaseLimits } from '../constructs/database-limits.ts';
import { httpRouteSpec } from '../constructs/http-route.ts';
import { MigrationJob } from '../constructs/migration-job.ts';
import { OperatorInstall } from '../constructs/operator-install.ts';
import { PlainObjects } from '../constructs/plain-objects.ts';
import { Postgres } from '../constructs/postgres.ts';
import { RestoreDrillCronJob } from '../constructs/restore-drill-cron-job.ts';
import { RestrictedNamespace } from '../constructs/restricted-namespace.ts';
import { VolumeClaim } from '../constructs/volume-claim.ts';
import { WebApp } from '../constructs/web-app.ts';
import { chartFile } from './chart-file.ts';
import { addClusterPolicies } from './cluster-files.ts';
import type { ChartFile } from './environment.ts';

export const DEMO = {
  namespace: 'bank',
  app: 'ledger',
  host: 'ledger.test',
  gateway: { name: 'slipway', namespace: 'gateway-system' },
  /** Made by whoever runs the demo; see charts-ts/README.md for its keys. */
  databaseSecret: 'ledger-db',
  backupClaim: { name: 'ledger-backup', sizeMebibytes: 1024 },
  images: {
    operator: 'localhost/slipway/operator:dev',
    app: 'localhost/slipway/ledger:1.0.0',
    migrate: 'localhost/slipway/migrate:dev',
    backup: 'localhost/slipway/backup:dev',
    postgres: 'localhost/slipway/postgres:15',
  },
} as const;

const { namespace, app: name, databaseSecret, images } = DEMO;

/** What the ledger's release looks like; deadlines are short because people are watching. */
export const DEMO_RELEASE: AppReleaseSpecInput = {
  workloadRef: { name },
  replicas: 4,
  progressDeadlineSeconds: 20,
  startGraceSeconds: 10,
  strategy: {
    canary: {
      steps: [
        { weight: 5 },
        { verify: { seconds: 40, requests: 50 } },
        { weight: 25 },
        { pause: { seconds: 5 } },
        { weight: 50 },
      ],
    },
  },
  traffic: {
    service: name,
    gateway: {
      route: httpRouteSpec({ gateway: DEMO.gateway, hostnames: [DEMO.host], service: name }),
    },
  },
  checks: { scrape: { port: 'metrics' }, errorRate: {} },
};

export function demo(app: App): readonly ChartFile[] {
  const slipway = (file: string, fill: (chart: Chart) => void) =>
    chartFile(app, { file, fill, product: 'slipway' });
  const bank = (file: string, fill: (chart: Chart) => void) =>
    chartFile(app, { file, fill, product: 'bank', namespace });
  return [
    slipway('00-crds', (chart) => new PlainObjects(chart, 'Crds', customResourceDefinitions())),
    slipway('05-policies', addClusterPolicies),
    slipway('10-operator', (chart) => new OperatorInstall(chart, 'Operator', { image: images.operator })),
    chartFile(app, {
      file: '15-namespace',
      product: 'bank',
      fill: (chart) => new RestrictedNamespace(chart, 'Bank', namespace),
    }),
    bank('20-postgres', addPostgres),
    bank('30-migration', addMigration),
    bank('40-app', addApp),
    bank('50-release', (chart) => new AppReleaseObject(chart, 'Release', { name, spec: DEMO_RELEASE })),
    bank('60-backup', addBackup),
  ];
}

function addPostgres(chart: Construct): void {
  // What PostgreSQL itself begins with.
  new DatabaseLimits(chart, 'Limits', { databaseSecret, namespace, maxConnections: 100 });
  new Postgres(chart, 'Postgres', { image: images.postgres, databaseSecret });
}

function addMigration(chart: Construct): void {
  new MigrationJob(chart, 'Migration', { app: name, image: images.migrate, databaseSecret });
}

function addApp(chart: Construct): void {
  new WebApp(chart, 'Ledger', {
    name,
    image: images.app,
    scale: { kind: 'release' },
    // The gateway splits the traffic; who comes from inside the cluster is kept at stable.
    selectsPods: false,
    databaseSecret,
    // Not production: there the app refuses to be told to misbehave, which the demo is about.
    env: { APP_ENV: 'development' },
  });
}

function addBackup(chart: Construct): void {
  new VolumeClaim(chart, 'Claim', DEMO.backupClaim);
  const shared = { app: name, image: images.backup, databaseSecret, claim: DEMO.backupClaim.name };
  new BackupCronJob(chart, 'Backup', shared);
  new BackupExporter(chart, 'Exporter', shared);
  new RestoreDrillCronJob(chart, 'Drill', { ...shared, scratchDatabase: 'ledger_drill' });
}
