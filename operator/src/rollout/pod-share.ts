// Traffic by the share of pods behind the app's own Service: the sizes of the sets are the split.
import type { Context } from './context.ts';
import type { Effect } from './decision.ts';
import type { Exposure, Pace, Retreat } from './exposure-result.ts';
import { availablePods, livePods, readyPods } from './pods.ts';
import { calmBounds, keptOnRollback, nextPodShare, podShareGoal, urgentBounds } from './replicas.ts';
import { countsOf, growCandidate, podsWaitingFor, resize } from './scale-sets.ts';
import type { SetView } from './snapshot.ts';

/** See `expose`. */
export function exposeByPods(context: Context, weight: number): Exposure {
  const { bounds, candidate, stable } = context;
  const goal = stable ? podShareGoal(weight, bounds) : { stable: 0, candidate: bounds.replicas };
  const counts = countsOf(context);
  const next = nextPodShare(goal, counts, bounds);
  const effects = [...growCandidate(context, next.candidate), ...resize(stable, next.stable)];
  const isReached =
    effects.length === 0 &&
    isAt(context, candidate, goal.candidate) &&
    hasOnly(stable, goal.stable);
  const available = countsOf(context).candidateAvailable;
  return {
    effects,
    isReached,
    isExceeded:
      !isReached && available >= goal.candidate && (stable?.desired ?? 0) <= goal.stable,
    weight: {
      desired: weight,
      observed: isReached ? shareOf(context) : context.state.weight.observed,
    },
    waitingFor: isReached ? '' : podsWaitingFor(context, goal),
  };
}

/** See `keepSplit`. */
export function keepByPods(context: Context, weight: number): Effect[] {
  const { bounds, candidate } = context;
  const { candidateDesired, stableAvailable } = countsOf(context);
  // Steps edited to a lower weight take no pods before stable makes up for them.
  const needed = bounds.replicas - bounds.maxUnavailable - stableAvailable;
  const goal = Math.max(podShareGoal(weight, bounds).candidate, needed);
  const kept = Math.min(candidateDesired, goal);
  return [...resize(candidate, kept), ...resize(context.stable, keptStable(context, kept))];
}

/* Grows to make up the number; shrinks only where both together are too many. */
function keptStable(context: Context, candidate: number): number {
  const { maxSurge, maxUnavailable, replicas } = context.bounds;
  const { candidateAvailable, stableDesired } = countsOf(context);
  const least = Math.max(replicas - candidate, replicas - maxUnavailable - candidateAvailable);
  const most = Math.max(0, replicas + maxSurge - candidate);
  return Math.max(replicas - candidate, Math.min(stableDesired, Math.max(most, least)));
}

/** See `retreat`. */
export function retreatByPods(context: Context, pace: Pace): Retreat {
  const { bounds, candidate, now, spec, stable } = context;
  const stableAvailable = stable ? availablePods(stable, spec.minReadySeconds, now) : 0;
  const { floor, ceiling } =
    pace === 'urgent' ? urgentBounds(bounds) : calmBounds(bounds, candidate?.desired ?? 0);
  const effects = [
    ...resize(stable, Math.min(bounds.replicas, Math.max(stable?.desired ?? 0, ceiling))),
  ];
  const kept = keptOnRollback(floor, stableAvailable, readyPods(candidate));
  const isStuck = stableAvailable === 0 && kept > 0;
  // Pods that nobody answers for go at a calm pace even so: stable may be waiting for their place.
  const isKeptWhole = isStuck && pace === 'urgent';
  if (candidate && candidate.desired > kept && !isKeptWhole) {
    effects.push(...resize(candidate, kept));
  }
  const isDone = !candidate || (candidate.desired === 0 && readyPods(candidate) === 0);
  return {
    effects,
    weight: { desired: 0, observed: isDone ? 0 : context.state.weight.observed },
    isDone,
    isStuck,
  };
}

function isAt({ now, spec }: Context, set: SetView | undefined, goal: number): boolean {
  if (!set) return goal === 0;
  return set.desired === goal && availablePods(set, spec.minReadySeconds, now) >= goal;
}

function hasOnly(set: SetView | undefined, goal: number): boolean {
  return !set || (set.desired === goal && livePods(set).length <= goal);
}

function shareOf({ candidate, stable }: Context): number {
  const ready = readyPods(candidate);
  const all = ready + readyPods(stable);
  return all === 0 ? 0 : Math.round((100 * ready) / all);
}
