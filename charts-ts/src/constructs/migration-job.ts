// The Job that brings the database's schema up to date before a release. Never the app's own pods:
// many of them start at once, and a rollback must not undo a schema.
import { Duration } from 'cdk8s';
import { Job, RestartPolicy } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { databaseVariables } from './database-access.ts';
import { jobName } from './job-name.ts';
import { labelsOf } from './labels.ts';
import { restrictPods } from './patches.ts';
import { restrictedPod } from './restricted-pod.ts';

export interface MigrationJobProps {
  /** Name of the app; the Job is called `<app>-migrate-<tag of the image>`. */
  readonly app: string;
  readonly image: string;
  /** Secret with the keys of `DATABASE_SECRET_KEYS`. */
  readonly databaseSecret: string;
  /** Seconds after which it is given up. @default 600 */
  readonly deadlineSeconds?: number;
}

export class MigrationJob extends Construct {
  constructor(scope: Construct, id: string, props: MigrationJobProps) {
    super(scope, id);
    const identity = { name: props.app, component: 'migrate' };
    const job = new Job(this, 'Resource', {
      ...restrictedPod(this, {
        identity,
        restartPolicy: RestartPolicy.NEVER,
        program: {
          name: identity.component,
          image: props.image,
          resources: { cpuRequestMillis: 50, memoryRequestMebibytes: 64, memoryLimitMebibytes: 192 },
          env: databaseVariables(this, props.databaseSecret, { DATABASE_URL: 'url' }),
        },
      }),
      metadata: { name: jobName(`${props.app}-migrate`, props.image), labels: labelsOf(identity) },
      backoffLimit: 3,
      activeDeadline: Duration.seconds(props.deadlineSeconds ?? 600),
      ttlAfterFinished: Duration.days(1),
    });
    restrictPods(job);
  }
}
