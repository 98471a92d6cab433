// The bank as a team would run it: an environment made from Settings, and from nothing else.
import type { App, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { AppReleaseSpecInput } from '../../../operator/src/api/app-release.ts';
import { customResourceDefinitions } from '../../../operator/src/api/crd.ts';
import { appRules } from '../alerts/app-rules.ts';
import { backupRules } from '../alerts/backup-rules.ts';
import { operatorRules } from '../alerts/operator-rules.ts';
import { AlertRules } from '../constructs/alert-rules.ts';
import { AppConfig } from '../constructs/app-config.ts';
import { AppMonitor, metricsService } from '../constructs/app-monitor.ts';
import { AppReleaseObject } from '../constructs/app-release-object.ts';
import { Autoscaler } from '../constructs/autoscaler.ts';
import { BackupCronJob } from '../constructs/backup-cron-job.ts';
import { BackupExporter } from '../constructs/backup-exporter.ts';
import { EXPORTER_PORT, exporterIdentity } from '../constructs/backup-names.ts';
import { DATABASE_SECRET_KEYS } from '../constructs/database-access.ts';
import { DatabaseLimits } from '../constructs/database-limits.ts';
import { httpRouteSpec } from '../constructs/http-route.ts';
import { MigrationJob } from '../constructs/migration-job.ts';
import {
  DEFAULT_OPERATOR_NAMESPACE,
  OPERATOR_METRICS_PORT,
  OperatorInstall,
  operatorName,
} from '../constructs/operator-install.ts';
import { PlainObjects } from '../constructs/plain-objects.ts';
import { Postgres } from '../constructs/postgres.ts';
import { Region } from '../constructs/region.ts';
import { RestoreDrillCronJob } from '../constructs/restore-drill-cron-job.ts';
import { RestrictedNamespace } from '../constructs/restricted-namespace.ts';
import { SecretSource } from '../constructs/secret-source.ts';
import { VolumeClaim } from '../constructs/volume-claim.ts';
import { WEB_COMPONENT, WebApp } from '../constructs/web-app.ts';
import { httpsListeners, WebGateway } from '../constructs/web-gateway.ts';
import { BANK } from './bank-names.ts';
import { addNetworkRules } from './bank-network.ts';
import { chartFile } from './chart-file.ts';
import { addClusterPolicies } from './cluster-files.ts';
import type { Environment } from './environment.ts';
import type { Pods, Settings } from './settings.ts';

const { namespace, app: name, databaseSecret } = BANK;
const TOKENS_FOLDER = '/run/secrets/tokens';
const TOKENS_KEY = 'tokens.json';
const UPLOADS_FOLDER = '/uploads';

/** The files of an environment, in the order in which they are applied. */
export function bank(settings: Settings): Environment {
  return (app: App) => {
    const part = (product: string, into?: string) => (file: string, fill: (chart: Chart) => void) =>
      chartFile(app, { file, fill, product, ...(into ? { namespace: into } : {}) });
    const cluster = part('slipway');
    const inBank = part('bank', namespace);
    return [
      cluster('00-crds', (chart) => new PlainObjects(chart, 'Crds', customResourceDefinitions())),
      cluster('05-policies', addClusterPolicies),
      cluster('10-operator', (chart) => addOperator(chart, settings)),
      part('bank')('15-namespace', (chart) => new RestrictedNamespace(chart, 'Bank', namespace)),
      inBank('16-network', (chart) => addNetworkRules(chart, settings)),
      inBank('18-config', (chart) => addConfig(chart, settings)),
      inBank('20-database', (chart) => addDatabase(chart, settings)),
      inBank('30-migration', (chart) => addMigration(chart, settings)),
      inBank('35-gateway', (chart) => addGateway(chart, settings)),
      inBank('40-app', (chart) => addApp(chart, settings)),
      inBank('50-release', (chart) => addRelease(chart, settings)),
      inBank('60-backup', (chart) => addBackup(chart, settings)),
      inBank('70-monitoring', (chart) => addMonitoring(chart, settings)),
    ];
  };
}

function addOperator(chart: Construct, { images, operatorReplicas }: Settings): void {
  new OperatorInstall(chart, 'Operator', { image: images.operator, replicas: operatorReplicas });
}

function addConfig(chart: Construct, settings: Settings): void {
  const { config, databaseSecret: origin, access, uploads } = settings;
  const places = {
    ...(access.kind === 'tokens' ? { AUTH_TOKENS_FILE: `${TOKENS_FOLDER}/${TOKENS_KEY}` } : {}),
    ...(uploads.kind === 'volume' ? { UPLOADS_DIR: UPLOADS_FOLDER } : {}),
  };
  new AppConfig(chart, 'Config', { name: BANK.config, data: { ...config, ...places } });
  new SecretSource(chart, 'DatabaseSecret', { name: databaseSecret, origin, keys: DATABASE_SECRET_KEYS });
  if (access.kind === 'open') return;
  const props = { name: BANK.tokensSecret, origin: access.origin, keys: [TOKENS_KEY] };
  new SecretSource(chart, 'TokensSecret', props);
}

function addDatabase(chart: Construct, { database }: Settings): void {
  const { maxConnections } = database;
  new DatabaseLimits(chart, 'Limits', { databaseSecret, namespace, maxConnections });
  if (database.kind === 'inside') {
    new Postgres(chart, 'Postgres', { image: database.image, databaseSecret });
  }
}

function addMigration(chart: Construct, { images }: Settings): void {
  new MigrationJob(chart, 'Migration', { app: name, image: images.migrate, databaseSecret });
}

function addGateway(chart: Construct, { host, gateway, tls }: Settings): void {
  new WebGateway(chart, 'Gateway', { name: BANK.gateway, className: gateway.className, hosts: [host], tls });
}

function addApp(chart: Construct, settings: Settings): void {
  const { images, poolSize, zones, pods, access, uploads } = settings;
  const isSpread = zones.length > 0;
  if (isSpread) new Region(chart, 'Region', { zones, leastPods: leastPods(pods) });
  if (uploads.kind === 'volume') {
    const { sizeMebibytes, storageClass } = uploads;
    new VolumeClaim(chart, 'Uploads', { name: BANK.uploadsClaim, sizeMebibytes, storageClass, nodes: 'many' });
  }
  new WebApp(chart, 'Ledger', {
    name,
    image: images.app,
    scale: { kind: 'release' },
    // The gateway splits the traffic; who comes from inside the cluster is kept at stable.
    selectsPods: false,
    spread: isSpread ? 'zones' : 'nodes',
    databaseSecret,
    poolSize,
    configMap: BANK.config,
    ...(access.kind === 'tokens' ? { secretFolders: { [TOKENS_FOLDER]: BANK.tokensSecret } } : {}),
    ...(uploads.kind === 'volume' ? { claimFolders: { [UPLOADS_FOLDER]: BANK.uploadsClaim } } : {}),
  });
}

function addRelease(chart: Construct, settings: Settings): void {
  const { pods } = settings;
  new AppReleaseObject(chart, 'Release', { name, spec: releaseSpec(settings) });
  if (pods.kind === 'fixed') return;
  const { minReplicas, maxReplicas, cpuPercent } = pods;
  const target = { kind: 'AppRelease', name } as const;
  new Autoscaler(chart, 'Autoscaler', { name, target, minReplicas, maxReplicas, cpuPercent });
}

function releaseSpec({ pods, strategy, host }: Settings): AppReleaseSpecInput {
  const route = httpRouteSpec({
    gateway: { name: BANK.gateway, namespace },
    listeners: httpsListeners([host]),
    hostnames: [host],
    service: name,
    hsts: {},
  });
  return {
    workloadRef: { name },
    // With an autoscaler the number is in no manifest.
    ...(pods.kind === 'fixed' ? { replicas: pods.replicas } : {}),
    strategy,
    traffic: { service: name, gateway: { route } },
    checks: { scrape: { port: 'metrics' }, errorRate: {} },
  };
}

function addBackup(chart: Construct, { images, backup, uploads }: Settings): void {
  const { keep, sizeMebibytes, timeZone, sharedClass } = backup;
  new VolumeClaim(chart, 'Claim', {
    name: BANK.backupClaim,
    sizeMebibytes,
    ...(sharedClass ? { storageClass: sharedClass, nodes: 'many' } : {}),
  });
  const place = { app: name, image: images.backup, claim: BANK.backupClaim, timeZone };
  const job = { ...place, databaseSecret, besideExporter: sharedClass === undefined };
  const uploaded = uploads.kind === 'volume' ? { uploadsClaim: BANK.uploadsClaim } : {};
  new BackupCronJob(chart, 'Backup', { ...job, ...uploaded, keep });
  new BackupExporter(chart, 'Exporter', place);
  new RestoreDrillCronJob(chart, 'Drill', { ...job, scratchDatabase: 'ledger_drill' });
}

function addMonitoring(chart: Construct, { monitoring: { labels, objectivePercent } }: Settings): void {
  const identity = { name, component: WEB_COMPONENT };
  new AppMonitor(chart, 'Monitor', { identity, labels });
  new AppMonitor(chart, 'OperatorMonitor', {
    identity: { name: operatorName(), component: 'operator' },
    namespace: DEFAULT_OPERATOR_NAMESPACE,
    port: OPERATOR_METRICS_PORT,
    labels,
  });
  const exporter = exporterIdentity(name);
  new AppMonitor(chart, 'BackupMonitor', { identity: exporter, port: EXPORTER_PORT, labels });
  new AlertRules(chart, 'Alerts', {
    name,
    labels,
    groups: [
      appRules({ name, namespace, service: metricsService(identity), objectivePercent }),
      backupRules({ name, namespace }),
      operatorRules(),
    ],
  });
}

function leastPods(pods: Pods): number {
  return pods.kind === 'fixed' ? pods.replicas : pods.minReplicas;
}
