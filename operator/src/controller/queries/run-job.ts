// Checks that are Jobs. The name of the Job is made from release, revision and query, so that there
// is never more than one of a query, whoever else runs an operator; one that an earlier process has
// left running is waited for, one that is done makes room for the next.
import type { QuerySample } from '../../analysis/query-sample.ts';
import { API_GROUP_VERSION } from '../../api/group.ts';
import { LABEL } from '../../api/labels.ts';
import type { PlaceholderValues } from '../../api/placeholders.ts';
import type { JobSource } from '../../api/query-sources.ts';
import { ApiError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { ObjectRef, OwnerReference, RawObject } from '../../kube/resource.ts';
import { type Clock, sleep } from '../../lib/clock.ts';
import { list, number, record } from '../../lib/json.ts';
import { jobRequest, type JobReading, readJob } from '../../metrics/queries/job.ts';
import { failed } from '../../metrics/queries/query-codec.ts';
import { shortHash } from '../../rollout/revision.ts';
import { JOB, POD } from '../resources.ts';

export interface JobAsk {
  readonly queryName: string;
  readonly source: JobSource;
  readonly values: PlaceholderValues;
  readonly timeoutSeconds: number;
  /** Of the AppRelease: its Jobs go when it goes. */
  readonly ownerUid: string;
  /** Nobody waits for the answer any more; its reason is a `JobFate`. */
  readonly signal: AbortSignal;
}

/** What becomes of a Job whose end nobody waits for. */
export type JobFate = 'delete' | 'leave';

export interface JobRunner {
  readonly client: Pick<KubeClient, 'create' | 'get' | 'list' | 'delete'>;
  readonly clock: Clock;
}

const LOOK_EVERY_MS = 2000;
/* The Job ends itself before; this is for a cluster whose Job controller is down. */
const BEYOND_DEADLINE_MS = 60_000;
const NAME_MAX = 63;

/** `<release>-r<revision>-<query>-<hash>`; the hash keeps names apart that are cut or read alike. */
export function checkJobName(release: string, revision: number | string, query: string): string {
  const hash = shortHash(`${release}/${revision}/${query}`);
  const whole = `${release}-r${revision}-${query}`;
  return `${whole.slice(0, NAME_MAX - hash.length - 1).replace(/[-.]+$/, '')}-${hash}`;
}

/** Runs the Job to its end. Throws an ApiError only for trouble on the way to the API server. */
export async function runJob(runner: JobRunner, ask: JobAsk): Promise<QuerySample> {
  const jobName = checkJobName(ask.values.name, ask.values.revision, ask.queryName);
  const ref: ObjectRef = { type: JOB, namespace: ask.values.namespace, name: jobName };
  try {
    const started = await startJob(runner, ask, ref);
    return 'problem' in started
      ? started.problem
      : await awaitEnd(runner, ask, { ref, uid: started.uid });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    switch (error.code) {
      case 'invalid':
        return failed(`the API server refuses the Job: ${error.message}`);
      case 'forbidden':
        return failed(`the Job may not be made: ${error.message}`);
      case 'notFound':
        return failed('the Job was deleted before it was done');
      default:
        return failed(`the Job could not be run (${error.code})`);
    }
  }
}

type Started = { readonly uid: string } | { readonly problem: QuerySample };

async function startJob({ client }: JobRunner, ask: JobAsk, ref: ObjectRef): Promise<Started> {
  try {
    return { uid: uidOf(await client.create(JOB, jobOf(ask, ref.name))) };
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'alreadyExists') throw error;
  }
  const found = await client.get(ref);
  const uid = uidOf(found);
  if (!(found.metadata.ownerReferences ?? []).some((owner) => owner.uid === ask.ownerUid)) {
    return { problem: failed(`a Job ${ref.name} is there that we did not make: rename the query`) };
  }
  const isRunning = readJob({ job: found, pods: [] }).kind === 'running';
  if (isRunning && found.metadata.deletionTimestamp === undefined) return { uid };
  await deleteJob(client, ref, uid);
  return { uid: uidOf(await client.create(JOB, jobOf(ask, ref.name))) };
}

interface Made {
  readonly ref: ObjectRef;
  readonly uid: string;
}

async function awaitEnd(runner: JobRunner, ask: JobAsk, made: Made): Promise<QuerySample> {
  const { client, clock } = runner;
  const giveUpAt = clock.monotonic() + ask.timeoutSeconds * 1000 + BEYOND_DEADLINE_MS;
  for (;;) {
    await sleep(clock, { ms: LOOK_EVERY_MS, signal: ask.signal });
    if (ask.signal.aborted) {
      const fate: JobFate = ask.signal.reason === 'leave' ? 'leave' : 'delete';
      if (fate === 'delete') await deleteJob(client, made.ref, made.uid);
      return failed('the release went on before the Job was done');
    }
    const reading = await look(runner, made);
    if (reading.kind === 'finished') return reading.sample;
    const isLate = clock.monotonic() > giveUpAt;
    if (reading.kind === 'running' && !isLate) continue;
    // The next asking makes another one, when whatever is wrong may have been mended.
    await deleteJob(client, made.ref, made.uid);
    return reading.kind === 'stuck'
      ? reading.sample
      : failed('the Job does not end: is the Job controller of the cluster running?');
  }
}

async function look({ client }: JobRunner, { ref, uid }: Made): Promise<JobReading> {
  const job = await client.get(ref);
  if (uidOf(job) !== uid) {
    return { kind: 'finished', sample: failed('the Job was exchanged for another one') };
  }
  // A pod that is ready has nothing to tell yet.
  const ready = number(record(job['status'])['ready']) ?? 0;
  const isRunning = readJob({ job, pods: [] }).kind === 'running';
  if (isRunning && ready > 0) return { kind: 'running' };
  const { items } = await client.list(POD, {
    ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }),
    labelSelector: `batch.kubernetes.io/job-name=${ref.name}`,
  });
  // Anybody can give a pod that label.
  const pods = items.filter(({ metadata }) =>
    list(metadata.ownerReferences).some((owner) => record(owner)['uid'] === uid),
  );
  return readJob({ job, pods });
}

async function deleteJob(client: JobRunner['client'], ref: ObjectRef, uid: string): Promise<void> {
  try {
    await client.delete(ref, { preconditions: { uid }, propagationPolicy: 'Background' });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'notFound') throw error;
  }
}

function jobOf(ask: JobAsk, jobName: string): RawObject {
  const { queryName, source, timeoutSeconds, values } = ask;
  const owner: OwnerReference = {
    apiVersion: API_GROUP_VERSION,
    kind: 'AppRelease',
    name: values.name,
    uid: ask.ownerUid,
    controller: true,
    blockOwnerDeletion: false,
  };
  const job = jobRequest(source, {
    jobName,
    values,
    timeoutSeconds,
    labels: {
      [LABEL.release]: values.name,
      [LABEL.query]: queryName,
      [LABEL.managedBy]: 'slipway',
    },
    podLabels: { [LABEL.query]: queryName, [LABEL.managedBy]: 'slipway' },
    owner: { ...owner },
  });
  return { ...job, metadata: record(job['metadata']) };
}

function uidOf({ metadata }: RawObject): string {
  return metadata.uid ?? '';
}
