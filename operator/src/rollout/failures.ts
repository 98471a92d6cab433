// What is wrong with the candidate's pods: certain at once, or given time to pass.
import type { Reason } from '../api/reasons.ts';
import type { Context } from './context.ts';
import { livePods, readyPods } from './pods.ts';
import type { PodView, SetView } from './snapshot.ts';

export type Failure =
  | { readonly kind: 'none' }
  /** Roll back now. */
  | { readonly kind: 'certain'; readonly reason: Reason; readonly message: string }
  /** Roll back when it has lasted for startGraceSeconds. */
  | { readonly kind: 'mayPass'; readonly reason: Reason; readonly message: string }
  /** Hold: stable suffers too, or nobody may make pods. */
  | { readonly kind: 'hold'; readonly reason: Reason; readonly message: string };

/** Readiness losses of one pod, and restarts once it serves, after which it counts as flapping. */
const FLAPS_OF_A_POD = 2;
/** The same over all candidate pods. */
const FLAPS_OF_ALL = 3;

export function candidateFailure(context: Context): Failure {
  const { candidate, stable } = context;
  if (!candidate) return { kind: 'none' };
  const found = ownFailure(context, candidate);
  if (found.kind !== 'certain' && found.kind !== 'mayPass') return found;
  if (stable && sharesCause(stable, candidate, found.reason)) {
    return {
      kind: 'hold',
      reason: 'SharedCause',
      message: `stable pods fail in the same way: ${found.message}`,
    };
  }
  return found;
}

function ownFailure(context: Context, candidate: SetView): Failure {
  const pods = livePods(candidate);
  const carriesTraffic = context.state.weight.observed > 0 || readyPods(candidate) > 0;
  for (const pod of pods) {
    const failure = podFailure(pod, carriesTraffic);
    if (failure.kind === 'certain') return failure;
  }
  // A container that crashes before it ever served is a crash loop, which may pass.
  const flaps = pods.map((pod) => flapsOf(pod, carriesTraffic));
  if (isFlapping(flaps)) {
    return { kind: 'certain', reason: 'ReadinessFlapping', message: flapMessage(pods) };
  }
  // What is certain of the pods that there are does not wait for those that may not be made.
  if (candidate.creationFailure !== undefined) {
    return { kind: 'hold', reason: 'QuotaExceeded', message: candidate.creationFailure };
  }
  for (const pod of pods) {
    const failure = podFailure(pod, carriesTraffic);
    if (failure.kind === 'mayPass') return failure;
  }
  return { kind: 'none' };
}

/** Whether that many restarts and losses of readiness, pod by pod, are no accident any more. */
export function isFlapping(flapsOfPods: readonly number[]): boolean {
  return Math.max(0, ...flapsOfPods) >= FLAPS_OF_A_POD && sumOf(flapsOfPods) >= FLAPS_OF_ALL;
}

function podFailure(pod: PodView, carriesTraffic: boolean): Failure {
  const { trouble } = pod;
  if (!trouble) return { kind: 'none' };
  const message = `pod ${pod.name}: ${trouble.message}${lastWords([pod])}`;
  const isCertain = trouble.isCertain || (trouble.reason === 'CrashLoop' && carriesTraffic);
  return { kind: isCertain ? 'certain' : 'mayPass', reason: trouble.reason, message };
}

function flapsOf(pod: PodView, carriesTraffic: boolean): number {
  return pod.readinessLosses + (carriesTraffic ? pod.restarts : 0);
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function flapMessage(pods: readonly PodView[]): string {
  const restarts = sumOf(pods.map((pod) => pod.restarts));
  const losses = sumOf(pods.map((pod) => pod.readinessLosses));
  return (
    `candidate pods restarted ${restarts} times and lost readiness ${losses} times` +
    lastWords(pods)
  );
}

/** "; pod shop-1 said last: ..." of the first pod that crashed; '' where none did. */
export function lastWords(pods: readonly PodView[]): string {
  const crashed = pods.find((pod) => pod.lastWords !== undefined);
  return crashed ? `; pod ${crashed.name} said last: ${crashed.lastWords}` : '';
}

/* Only pods made since the candidate's can tell whether a cause is shared: an old stable pod has
   its image already. Stable with nothing ready is a shared cause in itself, whatever the reason. */
function sharesCause(stable: SetView, candidate: SetView, reason: Reason): boolean {
  if (stable.desired > 0 && readyPods(stable) === 0) return true;
  if (reason === 'ReadinessFlapping') return flapsPerPod(stable) >= flapsPerPod(candidate) / 2;
  const first = Math.min(...livePods(candidate).map((pod) => pod.createdAt));
  return livePods(stable).some((pod) => pod.trouble?.reason === reason && pod.createdAt >= first);
}

/* Half as often is as much: nobody's pods are hit by an outage at quite the same moment. */
function flapsPerPod(set: SetView): number {
  const pods = livePods(set);
  return sumOf(pods.map((pod) => flapsOf(pod, true))) / Math.max(1, pods.length);
}
