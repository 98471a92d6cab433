// Pod arithmetic: how many pods each set should have for a weight, and how far it may move now.
import type { AppReleaseSpec } from '../api/app-release.ts';
import { podsOf } from '../api/primitives.ts';

export interface Bounds {
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Rounded as Deployments do. Were both to round to 0, one pod may be missing, as there. */
export function boundsOf(spec: AppReleaseSpec, replicas: number): Bounds {
  const canary = spec.strategy.canary;
  const maxSurge = podsOf(canary?.maxSurge ?? '25%', replicas, 'up');
  const maxUnavailable = podsOf(canary?.maxUnavailable ?? 0, replicas, 'down');
  return {
    replicas,
    maxSurge,
    maxUnavailable: maxSurge + maxUnavailable === 0 ? 1 : maxUnavailable,
  };
}

export interface PodGoal {
  readonly stable: number;
  readonly candidate: number;
}

/**
 * Pod share: whole pods that come nearest to `weight` percent, at least one of each side while the
 * weight is neither 0 nor 100. One replica without room for a second pod cannot be shared: the
 * candidate gets it, or there would be nothing to judge before everything depends on it.
 */
export function podShareGoal(weight: number, { replicas, maxSurge }: Bounds): PodGoal {
  if (weight <= 0 || replicas === 0) return { stable: replicas, candidate: 0 };
  if (weight >= 100) return { stable: 0, candidate: replicas };
  if (replicas === 1) return { stable: maxSurge > 0 ? 1 : 0, candidate: 1 };
  const candidate = Math.min(replicas - 1, Math.max(1, Math.round((replicas * weight) / 100)));
  return { stable: replicas - candidate, candidate };
}

/** Weighted router: stable stays whole; the candidate is sized for its share. */
export function weightedGoal(weight: number, replicas: number): PodGoal {
  if (weight <= 0 || replicas === 0) return { stable: replicas, candidate: 0 };
  return { stable: replicas, candidate: Math.max(1, Math.ceil((replicas * weight) / 100)) };
}

export interface PodCounts {
  readonly stableDesired: number;
  readonly stableAvailable: number;
  readonly candidateDesired: number;
  readonly candidateAvailable: number;
}

/**
 * The next sizes on the way to `goal` under pod share: together never above replicas + maxSurge,
 * and each side gives up a pod only where an available one of the other makes up for it. It gives them up
 * one by one where the candidate needs their room, otherwise all at once when the candidate is whole.
 */
export function nextPodShare(goal: PodGoal, counts: PodCounts, bounds: Bounds): PodGoal {
  const ceiling = bounds.replicas + bounds.maxSurge;
  const floor = Math.max(0, bounds.replicas - bounds.maxUnavailable);
  const isAwaited =
    counts.candidateDesired >= goal.candidate && counts.candidateAvailable < goal.candidate;
  const stableNeeded = isAwaited
    ? Math.max(goal.stable, counts.stableDesired)
    : Math.max(goal.stable, floor - counts.candidateAvailable);
  const stable =
    counts.stableDesired > stableNeeded
      ? stableNeeded
      : Math.min(
          Math.max(counts.stableDesired, goal.stable),
          Math.max(counts.stableDesired, ceiling - counts.candidateDesired),
        );
  const room = Math.max(0, ceiling - Math.max(stable, counts.stableDesired));
  const candidateNeeded = Math.max(goal.candidate, floor - counts.stableAvailable);
  const candidate =
    goal.candidate >= counts.candidateDesired
      ? Math.min(goal.candidate, Math.max(counts.candidateDesired, room))
      : Math.min(counts.candidateDesired, candidateNeeded);
  return { stable, candidate };
}

/** Weighted router: at most `maxSurge` candidate pods start at once. */
export function nextWeighted(goal: PodGoal, counts: PodCounts, bounds: Bounds): PodGoal {
  const step = Math.max(1, bounds.maxSurge);
  const candidate =
    goal.candidate >= counts.candidateDesired
      ? Math.min(
          goal.candidate,
          Math.max(counts.candidateDesired, counts.candidateAvailable + step),
        )
      : goal.candidate;
  return { stable: goal.stable, candidate };
}

/** How many pods should go on answering on the way back, and how many stable may have by now. */
export interface RetreatBounds {
  readonly floor: number;
  readonly ceiling: number;
}

/** A candidate that hurts goes unless stable could not carry half of the load: errors of a few are
    better than an overload of all. Stable grows at once. */
export function urgentBounds({ replicas }: Bounds): RetreatBounds {
  return { floor: Math.ceil(replicas / 2), ceiling: replicas };
}

/** A healthy candidate is exchanged for stable pods within the bounds of the way forward. */
export function calmBounds(
  { replicas, maxSurge, maxUnavailable }: Bounds,
  candidateDesired: number,
): RetreatBounds {
  return {
    floor: replicas - maxUnavailable,
    ceiling: Math.min(replicas, replicas + maxSurge - candidateDesired),
  };
}

/** Candidate pods that stay for the moment: as many ready ones as stable lacks for the floor. */
export function keptOnRollback(
  floor: number,
  stableAvailable: number,
  candidateReady: number,
): number {
  return Math.max(0, Math.min(candidateReady, floor - stableAvailable));
}
