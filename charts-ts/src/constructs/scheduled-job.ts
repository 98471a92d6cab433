// A nightly Job that must not be missed or run twice: the backup and the restore drill.
import { ApiObject, Duration, JsonPatch, type Cron } from 'cdk8s';
import {
  ConcurrencyPolicy,
  CronJob,
  EnvValue,
  RestartPolicy,
  type VolumeMount,
} from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { exporterIdentity } from './backup-names.ts';
import { backupStorage, type BackupStorage } from './backup-storage.ts';
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
  readonly storage: BackupStorage;
  readonly databaseSecret: string;
  readonly env: Readonly<Record<string, string>>;
  /** Besides the storage and the password. */
  readonly mounts: readonly VolumeMount[];
  /** Account whose token the program is given. @default - no token */
  readonly serviceAccount?: string;
  /** Runs on the node of the exporter's pod: a volume that one node mounts is shared with it. */
  readonly besideExporter: boolean;
}

/* A controller that was down at the minute still starts the Job within the hour. */
const STARTING_DEADLINE = Duration.hours(1);
const ACTIVE_DEADLINE = Duration.hours(2);
const KEPT_FOR = Duration.days(7);
/* Below the Job's own deadline, so that the program says itself what took too long. */
const TOOL_TIMEOUT_SECONDS = 3000;
const TEMPLATE = '/spec/jobTemplate/spec/template';

export class ScheduledJob extends Construct {
  constructor(scope: Construct, id: string, props: ScheduledJobProps) {
    super(scope, id);
    const job = new CronJob(this, 'Resource', {
      ...restrictedPod(this, {
        identity: props.identity,
        restartPolicy: RestartPolicy.NEVER,
        ...(props.serviceAccount ? { serviceAccount: props.serviceAccount, needsToken: true } : {}),
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
    restrictPods(job, TEMPLATE);
    if (props.besideExporter) besideExporter(job, props.identity.name);
  }

  private program(props: ScheduledJobProps): ProgramProps {
    const database = databaseAccess(this, props.databaseSecret);
    const storage = backupStorage(this, props.storage);
    const plain = {
      BACKUP_TOOL_TIMEOUT_SECONDS: String(TOOL_TIMEOUT_SECONDS),
      ...props.env,
    };
    const env = Object.entries(plain).map(([name, value]) => [name, EnvValue.fromValue(value)]);
    return {
      name: props.identity.component,
      image: props.image,
      args: props.args,
      resources: { cpuRequestMillis: 50, memoryRequestMebibytes: 64, memoryLimitMebibytes: 256 },
      env: { ...storage.env, ...Object.fromEntries(env), ...database.env },
      mounts: [...storage.mounts, ...props.mounts, ...database.mounts],
    };
  }
}

function besideExporter(job: CronJob, app: string): void {
  const matchLabels = labelsOf(exporterIdentity(app));
  const term = { labelSelector: { matchLabels }, topologyKey: 'kubernetes.io/hostname' };
  const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
  ApiObject.of(job).addJsonPatch(JsonPatch.add(`${TEMPLATE}/spec/affinity`, affinity));
}
