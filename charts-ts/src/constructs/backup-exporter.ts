// The page of metrics about backups: one small pod that reads the place where they are. It has neither the
// database's password nor a token, and cannot write.
import type { Cron } from 'cdk8s';
import { Deployment, DeploymentStrategy, EnvValue } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { DEFAULT_BACKUP_SCHEDULE, EXPORTER_PORT, exporterIdentity } from './backup-names.ts';
import { backupStorage, type BackupStorage } from './backup-storage.ts';
import { labelsOf } from './labels.ts';
import { restrictPods } from './patches.ts';
import { httpProbes } from './probes.ts';
import { restrictedPod, selectOwn } from './restricted-pod.ts';

export interface BackupExporterProps extends BackupStorage {
  /** Name of the app; the Deployment is called `<app>-backup-exporter`. */
  readonly app: string;
  readonly image: string;
  /** When backups are due, to count those that are missed. @default - a quarter past two each night */
  readonly schedule?: Cron;
  /** @default Etc/UTC */
  readonly timeZone?: string;
  /** Minutes after its time by which a backup has to be there. @default 120 */
  readonly graceMinutes?: number;
}

export class BackupExporter extends Construct {
  constructor(scope: Construct, id: string, props: BackupExporterProps) {
    super(scope, id);
    const identity = exporterIdentity(props.app);
    const storage = backupStorage(this, props, 'read-only');
    const { expressionString: cron } = props.schedule ?? DEFAULT_BACKUP_SCHEDULE;
    const plain = {
      METRICS_PORT: String(EXPORTER_PORT),
      BACKUP_SCHEDULE: cron,
      BACKUP_TIME_ZONE: props.timeZone ?? 'Etc/UTC',
      BACKUP_GRACE_SECONDS: String(60 * (props.graceMinutes ?? 120)),
    };
    const env = Object.entries(plain).map(([name, value]) => [name, EnvValue.fromValue(value)]);
    const deployment = new Deployment(this, 'Deployment', {
      ...restrictedPod(this, {
        identity,
        program: {
          name: 'exporter',
          image: props.image,
          args: ['serve-metrics'],
          resources: { cpuRequestMillis: 10, memoryRequestMebibytes: 64, memoryLimitMebibytes: 128 },
          env: { ...Object.fromEntries(env), ...storage.env },
          mounts: storage.mounts,
          serves: { ports: [{ name: 'metrics', number: EXPORTER_PORT }], ...httpProbes(EXPORTER_PORT) },
        },
      }),
      metadata: { name: `${props.app}-backup-exporter`, labels: labelsOf(identity) },
      replicas: 1,
      // A volume of one node cannot be with two pods on two nodes.
      strategy: DeploymentStrategy.recreate(),
    });
    selectOwn(deployment, identity);
    restrictPods(deployment);
  }
}
