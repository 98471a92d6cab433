// From the counts that pods carry in their status (restarts, losses of readiness) to what happened
// in one poll. Unlike a scrape, a pod's status is always there, so nothing is carried over.
import type { Arm, IncidentDelta } from './sample.ts';

/** What a pod's status says. */
export type PodIncidents = {
  readonly podUid: string;
  readonly arm: Arm;
  readonly startedAfterRelease: boolean;
  /** How often it crashed, or lost readiness, since it was made. */
  readonly incidents: number;
};

/** Incidents seen so far per pod; bounded by maxPods. */
export type IncidentCounterState = Readonly<Record<string, number>>;

export type IncidentsCounted = {
  readonly state: IncidentCounterState;
  readonly delta: IncidentDelta;
};

/** A poll of the pods' statuses. */
export type IncidentPoll = {
  readonly elapsedSeconds: number;
  readonly pods: readonly PodIncidents[];
};

/** Takes in one poll. Pods beyond `maxPods` are not looked at, canary pods first. */
export function countIncidents(
  state: IncidentCounterState,
  poll: IncidentPoll,
  maxPods: number,
): IncidentsCounted {
  const pods = poll.pods
    .filter(({ incidents }) => incidents >= 0 && Number.isFinite(incidents))
    .toSorted((a, b) => RANK[a.arm] - RANK[b.arm])
    .slice(0, maxPods);
  const countOf = (arm: Arm): IncidentDelta['canary'] => {
    const own = pods.filter((pod) => pod.arm === arm);
    const incidents = own.reduce((sum, pod) => sum + growthOf(pod, state[pod.podUid]), 0);
    return { pods: own.length, incidents };
  };
  return {
    state: Object.fromEntries(pods.map(({ podUid, incidents }) => [podUid, incidents])),
    delta: {
      elapsedSeconds: poll.elapsedSeconds,
      canary: countOf('canary'),
      stable: countOf('stable'),
    },
  };
}

const RANK = { canary: 0, stable: 1 } as const;

/** A count that fell belongs to containers that were made anew; it starts over. */
function growthOf(pod: PodIncidents, before: number | undefined): number {
  if (before === undefined) return pod.startedAfterRelease ? pod.incidents : 0;
  return pod.incidents < before ? pod.incidents : pod.incidents - before;
}
