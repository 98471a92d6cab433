// A nightly Job that must not be missed or run twice: the backup and the restore drill.
import { Duration, type Cron } from 'cdk8s';
import {
  ConcurrencyPolicy,
  CronJob,
  EnvValue,
  PersistentVolumeClaim,
  RestartPolicy,
  Volume,
} from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { databaseAccess } from './database-access.ts';
import { labelsOf, type Identity } from './labels.ts';
import { restrictPods } from './patches.ts';
import { restrictedPod, type ProgramProps } from './restricted-pod.ts';

export interface ScheduledJobProps {
  readonly name: string;
  readonly identity: Identity;
  readonly image: string;
  readonly args: readonly string[];
  readonly schedule: Cron;
  /** IANA name, such as `Europe/Berlin`. */
  readonly timeZone: string;
  /** Name of the claim that is mounted at /backup. */
  readonly claim: string;
  readonly databaseSecret: string;
  readonly env: Readonly<Record<string, string>>;
}

/* A controller that was down at the minute still starts the Job within the hour. */
const STARTING_DEADLINE = Duration.hours(1);
const ACTIVE_DEADLINE = Duration.hours(2);
const KEPT_FOR = Duration.days(7);
/* Below the Job's own deadline, so that the program says itself what took too long. */
const TOOL_TIMEOUT_SECONDS = 3000;
const FOLDER = '/backup';

export class ScheduledJob extends Construct {
  constructor(scope: Construct, id: string, props: ScheduledJobProps) {
    super(scope, id);
    const job = new CronJob(this, 'Resource', {
      ...restrictedPod(this, {
        identity: props.identity,
        restartPolicy: RestartPolicy.NEVER,
        program: this.program(props),
      }),
      metadata: { name: props.name, labels: labelsOf(props.identity) },
      schedule: props.schedule,
      timeZone: props.timeZone,
      concurrencyPolicy: ConcurrencyPolicy.FORBID,
      startingDeadline: STARTING_DEADLINE,
      backoffLimit: 2,
      activeDeadline: ACTIVE_DEADLINE,
      ttlAfterFinished: KEPT_FOR,
    });
    restrictPods(job, '/spec/jobTemplate/spec/template');
  }

  private program(props: ScheduledJobProps): ProgramProps {
    const database = databaseAccess(this, props.databaseSecret);
    const claim = PersistentVolumeClaim.fromClaimName(this, 'Claim', props.claim);
    const volume = Volume.fromPersistentVolumeClaim(this, 'Volume', claim, { name: 'backup' });
    const plain = {
      BACKUP_DIR: FOLDER,
      BACKUP_TOOL_TIMEOUT_SECONDS: String(TOOL_TIMEOUT_SECONDS),
      ...props.env,
    };
    const env = Object.entries(plain).map(([name, value]) => [name, EnvValue.fromValue(value)]);
    return {
      name: props.identity.component,
      image: props.image,
      args: props.args,
      resources: { cpuRequestMillis: 50, memoryRequestMebibytes: 64, memoryLimitMebibytes: 256 },
      env: { ...Object.fromEntries(env), ...database.env },
      mounts: [{ path: FOLDER, volume }, ...database.mounts],
    };
  }
}
