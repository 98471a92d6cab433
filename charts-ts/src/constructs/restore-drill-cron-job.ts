// The drill that restores the newest backup into a scratch database and folder and checks them. It may
// write one annotation, on the CronJob of the backup.
import { Chart, Cron, Size } from 'cdk8s';
import { ServiceAccount, Volume, k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { DRILL_COMPONENT, backupName } from './backup-names.ts';
import type { BackupStorage } from './backup-storage.ts';
import { labelsOf } from './labels.ts';
import { ScheduledJob } from './scheduled-job.ts';

export interface RestoreDrillCronJobProps extends BackupStorage {
  /** Name of the app; the CronJob is called `<app>-restore-drill`. */
  readonly app: string;
  readonly image: string;
  /** Secret with the keys of `DATABASE_SECRET_KEYS`; its role has to be able to make databases. */
  readonly databaseSecret: string;
  /** The database it restores into; made before and dropped after. */
  readonly scratchDatabase: string;
  /** Room on the node for restored uploads, for the time of the drill. @default 1024 */
  readonly scratchMebibytes?: number;
  /** @default - a quarter to four each night, after the backup */
  readonly schedule?: Cron;
  /** @default Etc/UTC */
  readonly timeZone?: string;
  /** Whether a volume that one node mounts is shared with the exporter's pod. @default false */
  readonly besideExporter?: boolean;
}

const SCRATCH_FOLDER = '/scratch';
const RBAC_GROUP = 'rbac.authorization.k8s.io';

export class RestoreDrillCronJob extends Construct {
  constructor(scope: Construct, id: string, props: RestoreDrillCronJobProps) {
    super(scope, id);
    const identity = { name: props.app, component: DRILL_COMPONENT };
    const name = `${props.app}-${DRILL_COMPONENT}`;
    new ServiceAccount(this, 'Account', {
      metadata: { name, labels: labelsOf(identity) },
      automountToken: false,
    });
    this.allowAnnotating(name, backupName(props.app));
    const scratch = Volume.fromEmptyDir(this, 'Scratch', 'scratch', {
      sizeLimit: Size.mebibytes(props.scratchMebibytes ?? 1024),
    });
    new ScheduledJob(this, 'Job', {
      name,
      identity,
      image: props.image,
      args: ['drill'],
      schedule: props.schedule ?? Cron.schedule({ hour: '3', minute: '45' }),
      timeZone: props.timeZone ?? 'Etc/UTC',
      storage: props,
      databaseSecret: props.databaseSecret,
      env: {
        DRILL_DATABASE: props.scratchDatabase,
        DRILL_DIR: SCRATCH_FOLDER,
        BACKUP_ANNOTATE_CRONJOB: backupName(props.app),
      },
      mounts: [{ path: SCRATCH_FOLDER, volume: scratch }],
      serviceAccount: name,
      besideExporter: props.besideExporter ?? false,
    });
  }

  /** One verb on one object. */
  private allowAnnotating(account: string, cronJob: string): void {
    const namespace = Chart.of(this).namespace ?? 'default';
    const metadata = { name: account };
    new k8s.KubeRole(this, 'Role', {
      metadata,
      rules: [
        { apiGroups: ['batch'], resources: ['cronjobs'], resourceNames: [cronJob], verbs: ['patch'] },
      ],
    });
    new k8s.KubeRoleBinding(this, 'Binding', {
      metadata,
      roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name: account },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    });
  }
}
