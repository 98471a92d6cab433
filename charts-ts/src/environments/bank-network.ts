// Who may talk to whom in the bank's namespace: nobody, and then each way by name.
import type { Construct } from 'constructs';
import { DRILL_COMPONENT, EXPORTER_PORT, exporterIdentity } from '../constructs/backup-names.ts';
import { SECRET_COMPONENT } from '../constructs/generated-secret.ts';
import { labelsOf } from '../constructs/labels.ts';
import { DefaultDeny, NetworkRules, type Flow, type Peer } from '../constructs/network-rules.ts';
import { DEFAULT_OPERATOR_NAMESPACE } from '../constructs/operator-install.ts';
import { HTTP_PORT, METRICS_PORT, WEB_COMPONENT } from '../constructs/web-app.ts';
import { BANK } from './bank-names.ts';
import type { Settings } from './settings.ts';

const APP = BANK.app;
const POSTGRES = labelsOf({ name: 'postgres', component: 'database' });
const POSTGRES_PORT = 5432;
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];
const API_SERVER_PORTS = [443, 6443] as const;
/* Programs that talk to the database and to nothing else. */
const JOBS = ['migrate', 'backup', 'restore-drill'] as const;

export function addNetworkRules(chart: Construct, settings: Settings): void {
  new DefaultDeny(chart, 'DefaultDeny');
  const database = databaseFlow(settings);
  new NetworkRules(chart, 'Web', {
    name: APP,
    selects: labelsOf({ name: APP, component: WEB_COMPONENT }),
    ingress: whoCallsTheApp(settings),
    egress: [database, ...settings.egress],
  });
  for (const component of JOBS) {
    const selects = labelsOf({ name: APP, component });
    // The drill writes an annotation on the CronJob of the backup.
    const egress = component === DRILL_COMPONENT ? [database, ...apiServerFlows()] : [database];
    new NetworkRules(chart, component, { name: `${APP}-${component}`, selects, egress });
  }
  const prometheus: Peer = { kind: 'namespace', name: settings.monitoring.namespace };
  new NetworkRules(chart, 'BackupExporter', {
    name: `${APP}-backup-exporter`,
    selects: labelsOf(exporterIdentity(APP)),
    ingress: [{ name: 'prometheus', peer: prometheus, port: EXPORTER_PORT }],
    dns: false,
  });
  if (settings.databaseSecret.kind === 'generated') addSecretRules(chart);
  if (settings.database.kind === 'inside') addPostgresRules(chart);
}

/* Users by the gateway's proxies; metrics by the operator, which judges by them, and by Prometheus. */
function whoCallsTheApp({ gateway, monitoring }: Settings): readonly Flow[] {
  const from = (name: string): Peer => ({ kind: 'namespace', name });
  return [
    { name: 'gateway', peer: from(gateway.namespace), port: HTTP_PORT },
    { name: 'operator', peer: from(DEFAULT_OPERATOR_NAMESPACE), port: METRICS_PORT },
    { name: 'prometheus', peer: from(monitoring.namespace), port: METRICS_PORT },
  ];
}

function databaseFlow({ database }: Settings): Flow {
  return database.kind === 'managed'
    ? { name: 'database', peer: database.peer, port: database.port }
    : { name: 'database', peer: { kind: 'pods', labels: POSTGRES }, port: POSTGRES_PORT };
}

function addPostgresRules(chart: Construct): void {
  const ingress = [WEB_COMPONENT, ...JOBS].map((component) => ({
    name: component,
    peer: { kind: 'pods', labels: labelsOf({ name: APP, component }) } as const,
    port: POSTGRES_PORT,
  }));
  new NetworkRules(chart, 'Postgres', { name: 'postgres', selects: POSTGRES, ingress, dns: false });
}

function addSecretRules(chart: Construct): void {
  const selects = labelsOf({ name: BANK.databaseSecret, component: SECRET_COMPONENT });
  const egress = apiServerFlows();
  new NetworkRules(chart, 'SecretInit', { name: SECRET_COMPONENT, selects, egress, dns: false });
}

/* Whatever way the API server is reached: Services are translated before policies look. */
function apiServerFlows(): readonly Flow[] {
  const peer: Peer = { kind: 'addresses', cidrs: PRIVATE };
  return API_SERVER_PORTS.map((port) => ({ name: `api-server-${port}`, peer, port }));
}
