// A ReplicaSet of ours and its pods, as a decision sees them.
import type { AppReleaseStatus } from '../../api/app-release-status.ts';
import { fromText, instant } from '../../lib/instant.ts';
import type { PodView, SetView } from '../../rollout/snapshot.ts';
import type { PodFlaps } from '../pod-flaps.ts';
import type { PodObject, ReplicaSetObject } from '../projections.ts';
import type { Store } from '../store.ts';

/** The set with those of its pods that have not ended. */
export function setView(
  store: Store,
  set: ReplicaSetObject,
  { startedAt }: AppReleaseStatus,
): SetView {
  // What pods went through before the release began says nothing about it.
  const since = (startedAt === undefined ? undefined : fromText(startedAt)) ?? instant(0);
  return {
    name: set.name,
    uid: set.uid,
    generation: set.generation,
    revision: set.revision,
    hash: set.hash,
    desired: set.replicas,
    outcome: set.outcome,
    ...(set.reason === undefined ? {} : { reason: set.reason }),
    images: set.images,
    pods: store.pods
      .byIndex('owner', set.uid)
      .filter((pod) => !pod.isFinished)
      .map((pod) => podView(pod, store.flaps.since(pod, since))),
    ...(set.creationFailure === undefined ? {} : { creationFailure: set.creationFailure }),
    isConfigLive: set.adoptedConfig !== undefined && set.adoptedConfig !== '',
  };
}

function podView(pod: PodObject, flaps: ReturnType<PodFlaps['since']>): PodView {
  return {
    name: pod.name,
    isReady: pod.isReady,
    readyChangedAt: pod.readyChangedAt,
    isTerminating: pod.isTerminating,
    createdAt: pod.createdAt,
    restarts: flaps.restarts,
    readinessLosses: flaps.losses,
    ...(pod.trouble ? { trouble: pod.trouble } : {}),
    ...(pod.lastWords === undefined ? {} : { lastWords: pod.lastWords }),
  };
}
