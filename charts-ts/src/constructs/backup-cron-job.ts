// The nightly backup of an app's database and uploads, to a volume, a bucket, or both.
import type { Cron } from 'cdk8s';
import { Construct } from 'constructs';
import { DEFAULT_BACKUP_SCHEDULE, backupName } from './backup-names.ts';
import { claimMount, keepEnv, type BackupStorage, type KeptSets } from './backup-storage.ts';
import { ScheduledJob } from './scheduled-job.ts';

export interface BackupCronJobProps extends BackupStorage {
  /** Name of the app; the CronJob is called `<app>-backup`. */
  readonly app: string;
  readonly image: string;
  /** Secret with the keys of `DATABASE_SECRET_KEYS`. */
  readonly databaseSecret: string;
  /** Claim of the app's uploads, mounted for reading. @default - only the database is backed up */
  readonly uploadsClaim?: string;
  /** @default - a quarter past two each night */
  readonly schedule?: Cron;
  /** @default Etc/UTC */
  readonly timeZone?: string;
  /** Verified sets kept on the volume. @default 3 last, 7 daily, 5 weekly, 12 monthly, 3 yearly */
  readonly keep?: Partial<KeptSets>;
  /** Whether a volume that one node mounts is shared with the exporter's pod. @default false */
  readonly besideExporter?: boolean;
}

const UPLOADS_FOLDER = '/uploads';

export class BackupCronJob extends Construct {
  constructor(scope: Construct, id: string, props: BackupCronJobProps) {
    super(scope, id);
    const { uploadsClaim } = props;
    const uploads = { name: 'uploads', claim: uploadsClaim ?? '', path: UPLOADS_FOLDER };
    new ScheduledJob(this, 'Job', {
      name: backupName(props.app),
      identity: { name: props.app, component: 'backup' },
      image: props.image,
      args: ['run'],
      schedule: props.schedule ?? DEFAULT_BACKUP_SCHEDULE,
      timeZone: props.timeZone ?? 'Etc/UTC',
      storage: props,
      databaseSecret: props.databaseSecret,
      env: {
        ...(props.claim === undefined ? {} : keepEnv('BACKUP_KEEP', props.keep)),
        ...(uploadsClaim === undefined ? {} : { UPLOADS_DIR: UPLOADS_FOLDER }),
      },
      mounts:
        uploadsClaim === undefined
          ? []
          : [{ ...claimMount(this, uploads), readOnly: true }],
      besideExporter: props.besideExporter ?? false,
    });
  }
}
