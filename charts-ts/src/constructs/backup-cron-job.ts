// The nightly backup of an app's database to a volume.
import { Cron } from 'cdk8s';
import { Construct } from 'constructs';
import { ScheduledJob } from './scheduled-job.ts';

export interface BackupCronJobProps {
  /** Name of the app; the CronJob is called `<app>-backup`. */
  readonly app: string;
  readonly image: string;
  /** Secret with the keys of `DATABASE_SECRET_KEYS`. */
  readonly databaseSecret: string;
  /** Claim of the volume that holds the sets. */
  readonly claim: string;
  /** @default - a quarter past two each night */
  readonly schedule?: Cron;
  /** @default Etc/UTC */
  readonly timeZone?: string;
  /** Verified sets that are kept. @default 3 last, 7 daily, 5 weekly, 12 monthly, 3 yearly */
  readonly keep?: Partial<KeptSets>;
}

/** How many verified sets stay: the newest, and the newest of so many days, weeks, months, years. */
export interface KeptSets {
  readonly last: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
}

const DEFAULT_KEEP: KeptSets = { last: 3, daily: 7, weekly: 5, monthly: 12, yearly: 3 };

export class BackupCronJob extends Construct {
  constructor(scope: Construct, id: string, props: BackupCronJobProps) {
    super(scope, id);
    new ScheduledJob(this, 'Job', {
      name: `${props.app}-backup`,
      identity: { name: props.app, component: 'backup' },
      image: props.image,
      args: ['run'],
      schedule: props.schedule ?? Cron.schedule({ hour: '2', minute: '15' }),
      timeZone: props.timeZone ?? 'Etc/UTC',
      claim: props.claim,
      databaseSecret: props.databaseSecret,
      env: keepEnv({ ...DEFAULT_KEEP, ...props.keep }),
    });
  }
}

function keepEnv(keep: KeptSets): Record<string, string> {
  return Object.fromEntries(
    Object.entries(keep).map(([why, sets]) => [`BACKUP_KEEP_${why.toUpperCase()}`, String(sets)]),
  );
}
