// The drill that restores the newest backup into a scratch database and checks the books.
import { Cron } from 'cdk8s';
import { Construct } from 'constructs';
import { ScheduledJob } from './scheduled-job.ts';

export interface RestoreDrillCronJobProps {
  /** Name of the app; the CronJob is called `<app>-restore-drill`. */
  readonly app: string;
  readonly image: string;
  /** Secret with the keys of `DATABASE_SECRET_KEYS`; its role has to be able to make databases. */
  readonly databaseSecret: string;
  /** Claim of the volume that holds the sets. */
  readonly claim: string;
  /** The database it restores into; made before and dropped after. */
  readonly scratchDatabase: string;
  /** @default - a quarter to four each night, after the backup */
  readonly schedule?: Cron;
  /** @default Etc/UTC */
  readonly timeZone?: string;
}

export class RestoreDrillCronJob extends Construct {
  constructor(scope: Construct, id: string, props: RestoreDrillCronJobProps) {
    super(scope, id);
    new ScheduledJob(this, 'Job', {
      name: `${props.app}-restore-drill`,
      identity: { name: props.app, component: 'restore-drill' },
      image: props.image,
      args: ['drill'],
      schedule: props.schedule ?? Cron.schedule({ hour: '3', minute: '45' }),
      timeZone: props.timeZone ?? 'Etc/UTC',
      claim: props.claim,
      databaseSecret: props.databaseSecret,
      env: { DRILL_DATABASE: props.scratchDatabase },
    });
  }
}
