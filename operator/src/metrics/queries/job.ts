// A check that is a program: the Job that runs it, and the exit code out of what became of the Job
// and its pod.
import type { QuerySample } from '../../analysis/query-sample.ts';
import type { PlaceholderValues } from '../../api/placeholders.ts';
import type { JobSource } from '../../api/query-sources.ts';
import { type JsonObject, list, number, record, text } from '../../lib/json.ts';
import { failed } from './query-codec.ts';

export interface JobContext {
  readonly jobName: string;
  readonly values: PlaceholderValues;
  readonly timeoutSeconds: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Not those of the Job: what counts the pods of the release must not count this one. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** The owner reference to the AppRelease. */
  readonly owner: JsonObject;
}

/** The Job object that runs the check once. */
export function jobRequest(source: JobSource, context: JobContext): JsonObject {
  const { jobName, labels, owner, podLabels, timeoutSeconds, values } = context;
  const metadata = record(source.template['metadata']);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: jobName, namespace: values.namespace, labels, ownerReferences: [owner] },
    spec: {
      // One try is one value: what is tried again, and how often, is the query's business.
      backoffLimit: 0,
      activeDeadlineSeconds: timeoutSeconds,
      ttlSecondsAfterFinished: source.keepSeconds,
      template: {
        metadata: { ...metadata, labels: { ...record(metadata['labels']), ...podLabels } },
        spec: podSpec(record(source.template['spec']), values),
      },
    },
  };
}

function podSpec(spec: JsonObject, values: PlaceholderValues): JsonObject {
  const variables = [
    { name: 'SLIPWAY_NAME', value: values.name },
    { name: 'SLIPWAY_NAMESPACE', value: values.namespace },
    { name: 'SLIPWAY_HASH', value: values.hash },
    { name: 'SLIPWAY_REPLICA_SET', value: values.replicaSet },
    { name: 'SLIPWAY_REVISION', value: values.revision },
  ];
  // First, so that the author's own variables can refer to them.
  const prepared = (one: unknown): JsonObject => ({
    ...record(one),
    env: [...variables, ...list(record(one)['env'])],
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      ...record(record(one)['securityContext']),
    },
  });
  return {
    automountServiceAccountToken: false,
    ...spec,
    restartPolicy: 'Never',
    securityContext: {
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
      ...record(spec['securityContext']),
    },
    containers: list(spec['containers']).map(prepared),
    ...(spec['initContainers'] === undefined
      ? {}
      : { initContainers: list(spec['initContainers']).map(prepared) }),
  };
}

/** Under way, done with a sample, or not to be done before somebody mends something. */
export type JobReading =
  | { readonly kind: 'running' }
  | { readonly kind: 'finished'; readonly sample: QuerySample }
  | { readonly kind: 'stuck'; readonly sample: QuerySample };

/** Reads `{ job, pods }`: the Job, and the pods it has made. */
export function readJob(answer: unknown): JobReading {
  const { job, pods } = record(answer);
  const conditions = list(record(record(job)['status'])['conditions']).map(record);
  const isTrue = (type: string): JsonObject | undefined =>
    conditions.find((one) => one['type'] === type && one['status'] === 'True');
  const states = list(pods).map((pod) => record(record(pod)['status']));
  const blocked = states.flatMap(waitingReasons)[0];
  const broken = isTrue('Failed');
  if (broken?.['reason'] === 'DeadlineExceeded') return finished(lateSample(record(job)));
  if (!broken && !isTrue('Complete')) {
    if (blocked === undefined) return { kind: 'running' };
    return { kind: 'stuck', sample: failed(`the pod of the Job does not start: ${blocked}`) };
  }
  return finished(exitSample(states, isTrue('Complete') !== undefined));
}

/* A pod that was made and ended for the deadline counts as failed; one that was never made does not. */
function lateSample(job: JsonObject): QuerySample {
  const made = number(record(job['status'])['failed']) ?? 0;
  return failed(
    made > 0
      ? 'the Job did not end in time'
      : 'no pod of the Job was made in time: pod security, a quota or a missing ServiceAccount; look at its events',
  );
}

function finished(sample: QuerySample): JobReading {
  return { kind: 'finished', sample };
}

/* What a person has to mend; a slow pull or a busy node may pass. */
const STUCK = new Set([
  'CreateContainerConfigError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
]);

function waitingReasons(status: JsonObject): string[] {
  return containersOf(status).flatMap((container) => {
    const { message, reason } = record(record(container['state'])['waiting']);
    const known = text(reason);
    return known !== undefined && STUCK.has(known)
      ? [`${known} ${text(message) ?? ''}`.trim()]
      : [];
  });
}

/* The cluster ended it, not the program. */
const NOT_ITS_OWN_END = new Set([
  'OOMKilled',
  'ContainerCannotRun',
  'StartError',
  'ContainerStatusUnknown',
]);
/* Where a shell says that there is no such program, or that it cannot be run. */
const NO_PROGRAM = new Set([126, 127]);
/* 128 and the number of the signal. Other large ones are the program's own: 255 is a usual -1. */
const SIGNALS = { first: 129, last: 192 } as const;

function exitSample(pods: readonly JsonObject[], isComplete: boolean): QuerySample {
  const evicted = pods
    .map((status) => text(status['reason']))
    .find((reason) => reason !== undefined);
  if (evicted !== undefined)
    return failed(`the pod of the Job was ended by the cluster: ${evicted}`);
  const ends = pods
    .flatMap((status) => list(status['containerStatuses']))
    .map((container) => record(record(record(container)['state'])['terminated']));
  const foreign = ends
    .map((end) => text(end['reason']))
    .find((reason) => NOT_ITS_OWN_END.has(reason ?? ''));
  if (foreign !== undefined) return failed(`the check did not run to its end: ${foreign}`);
  const codes = ends.flatMap((end) => number(end['exitCode']) ?? []);
  const code = codes.length === 0 ? undefined : Math.max(...codes);
  if (code === undefined) {
    return isComplete
      ? failed('the Job is complete, but its exit code is gone with its pod')
      : failed('the Job failed before its containers ran: look at its init containers and events');
  }
  if (NO_PROGRAM.has(code)) return failed(`the check could not be run: exit code ${code}`);
  if (code >= SIGNALS.first && code <= SIGNALS.last) {
    return failed(`the check was killed: exit code ${code}`);
  }
  return { kind: 'value', value: code, what: 'exit code' };
}

function containersOf(status: JsonObject): readonly JsonObject[] {
  return [...list(status['initContainerStatuses']), ...list(status['containerStatuses'])].map(
    record,
  );
}
