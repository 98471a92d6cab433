// From the restart counts that pods carry in their status to the crashes of one poll. Unlike a
// scrape, a pod's status is always there, so nothing is carried over.
import type { Arm, RestartDelta } from './sample.ts';

/** What a pod's status says. */
export type PodRestarts = {
  readonly podUid: string;
  readonly arm: Arm;
  readonly startedAfterRelease: boolean;
  /** Restarts of its containers that ended with an error, since it was made. */
  readonly restarts: number;
};

/** Restarts seen so far per pod; bounded by maxPods. */
export type RestartCounterState = Readonly<Record<string, number>>;

export type RestartsCounted = {
  readonly state: RestartCounterState;
  readonly delta: RestartDelta;
};

/** A poll of the pods' statuses. */
export type RestartPoll = {
  readonly elapsedSeconds: number;
  readonly pods: readonly PodRestarts[];
};

/** Takes in one poll. Pods beyond `maxPods` are not looked at, canary pods first. */
export function countRestarts(
  state: RestartCounterState,
  poll: RestartPoll,
  maxPods: number,
): RestartsCounted {
  const pods = poll.pods
    .filter(({ restarts }) => restarts >= 0 && Number.isFinite(restarts))
    .toSorted((a, b) => RANK[a.arm] - RANK[b.arm])
    .slice(0, maxPods);
  const countOf = (arm: Arm): RestartDelta['canary'] => {
    const own = pods.filter((pod) => pod.arm === arm);
    const restarts = own.reduce((sum, pod) => sum + growthOf(pod, state[pod.podUid]), 0);
    return { pods: own.length, restarts };
  };
  return {
    state: Object.fromEntries(pods.map(({ podUid, restarts }) => [podUid, restarts])),
    delta: {
      elapsedSeconds: poll.elapsedSeconds,
      canary: countOf('canary'),
      stable: countOf('stable'),
    },
  };
}

const RANK = { canary: 0, stable: 1 } as const;

/** A count that fell belongs to containers that were made anew; it starts over. */
function growthOf(pod: PodRestarts, before: number | undefined): number {
  if (before === undefined) return pod.startedAfterRelease ? pod.restarts : 0;
  return pod.restarts < before ? pod.restarts : pod.restarts - before;
}
