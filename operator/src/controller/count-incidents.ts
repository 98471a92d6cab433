// What happened to the pods of both versions between two looks at their statuses: crashes, and
// losses of readiness. The statuses come with the watch; nothing is asked for here.
import { type IncidentCounterState, countIncidents } from '../analysis/incident-counter.ts';
import { DEFAULT_PARAMS } from '../analysis/params.ts';
import type { Poll } from '../analysis/sample.ts';
import type { Clock } from '../lib/clock.ts';
import type { Instant } from '../lib/instant.ts';
import type { PodObject } from './projections.ts';
import type { Arm } from './sample-pods.ts';

/** Losses of readiness of a pod since it is watched. */
export type LossesOf = (pod: PodObject) => number;

export interface Incidents {
  /** What happened since the last call. */
  count(
    arms: { readonly stable: Arm | undefined; readonly candidate: Arm | undefined },
    release: { readonly startedAt: Instant; readonly lossesOf: LossesOf },
  ): Pick<Poll, 'restarts' | 'readiness'>;
}

/** Counters for one release. They begin with the pods as the first call finds them. */
export function createIncidents(clock: Pick<Clock, 'monotonic'>): Incidents {
  let restarts: IncidentCounterState = {};
  let readiness: IncidentCounterState = {};
  let lookedAt = clock.monotonic();
  return {
    count({ candidate, stable }, { lossesOf, startedAt }) {
      const now = clock.monotonic();
      const elapsedSeconds = (now - lookedAt) / 1000;
      lookedAt = now;
      const found = [
        ...podsOf(stable).map((pod) => ({ arm: 'stable' as const, pod })),
        ...podsOf(candidate).map((pod) => ({ arm: 'canary' as const, pod })),
      ];
      const told = (of: LossesOf) =>
        found.map(({ arm, pod }) => ({
          podUid: pod.uid,
          arm,
          startedAfterRelease: pod.createdAt >= startedAt,
          incidents: of(pod),
        }));
      const crashed = countIncidents(
        restarts,
        { elapsedSeconds, pods: told((pod) => pod.restarts) },
        DEFAULT_PARAMS.maxPods,
      );
      const lost = countIncidents(
        readiness,
        { elapsedSeconds, pods: told(lossesOf) },
        DEFAULT_PARAMS.maxPods,
      );
      restarts = crashed.state;
      readiness = lost.state;
      return { restarts: crashed.delta, readiness: lost.delta };
    },
  };
}

/* A pod on its way out loses readiness because it is to go. */
function podsOf(arm: Arm | undefined): readonly PodObject[] {
  return arm?.pods.filter((pod) => !pod.isTerminating && !pod.isFinished) ?? [];
}
