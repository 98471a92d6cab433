// Counting pods of a set: which are available, which hurt.
import type { Instant } from '../lib/instant.ts';
import { after } from '../lib/instant.ts';
import type { PodView, SetView } from './snapshot.ts';

/** Pods that are not on their way out. */
export function livePods(set: SetView): readonly PodView[] {
  return set.pods.filter((pod) => !pod.isTerminating);
}

/** Live pods that have been Ready for at least `minReadySeconds`. */
export function availablePods(set: SetView, minReadySeconds: number, now: Instant): number {
  return livePods(set).filter((pod) => isAvailable(pod, minReadySeconds, now)).length;
}

export function readyPods(set: SetView | undefined): number {
  return set ? livePods(set).filter((pod) => pod.isReady).length : 0;
}

function isAvailable(pod: PodView, minReadySeconds: number, now: Instant): boolean {
  return pod.isReady && after(pod.readyChangedAt, minReadySeconds * 1000) <= now;
}

/** When the next Ready pod will have been so for `minReadySeconds`, if one is on the way. */
export function nextAvailableAt(
  set: SetView,
  minReadySeconds: number,
  now: Instant,
): Instant | undefined {
  const moments = livePods(set)
    .filter((pod) => pod.isReady && !isAvailable(pod, minReadySeconds, now))
    .map((pod) => after(pod.readyChangedAt, minReadySeconds * 1000));
  return earliest(moments);
}

export function earliest(moments: readonly (Instant | undefined)[]): Instant | undefined {
  let first: Instant | undefined;
  for (const moment of moments) {
    if (moment !== undefined && (first === undefined || moment < first)) first = moment;
  }
  return first;
}
