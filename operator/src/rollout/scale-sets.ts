// The writes that bring our ReplicaSets to their sizes, and what of them is there already.
import { optional } from '../lib/optional.ts';
import type { Context } from './context.ts';
import type { Effect, OutcomeMark } from './decision.ts';
import { availablePods } from './pods.ts';
import type { PodGoal } from './replicas.ts';
import type { SetView } from './snapshot.ts';

/** Nothing where the set has that size already. `mark` is written with it. */
export function resize(set: SetView | undefined, to: number, mark?: OutcomeMark): Effect[] {
  if (!set || set.desired === to) return [];
  const { desired: from, generation, name, uid } = set;
  return [
    { kind: 'scaleSet', set: { name, uid }, generation, from, to, ...optional('mark', mark) },
  ];
}

/** Scales the candidate, or makes its set with the pods it may start with. */
export function growCandidate(context: Context, to: number): Effect[] {
  const { bounds, candidate, snapshot, state, wanted } = context;
  if (candidate) return resize(candidate, to);
  if (state.stage.kind === 'Idle' || state.stage.kind === 'RolledBack') return [];
  // A set without pods is not worth making, but where there are to be none at all.
  if (to === 0 && bounds.replicas > 0) return [];
  const revision =
    state.candidate?.revision ?? 1 + Math.max(0, ...snapshot.sets.map((set) => set.revision));
  return [{ kind: 'createSet', revision, hash: wanted.hash, replicas: to, outcome: 'candidate' }];
}

/** Pods asked for and available, on both sides. */
export function countsOf({ candidate, now, spec, stable }: Context) {
  return {
    stableDesired: stable?.desired ?? 0,
    stableAvailable: stable ? availablePods(stable, spec.minReadySeconds, now) : 0,
    candidateDesired: candidate?.desired ?? 0,
    candidateAvailable: candidate ? availablePods(candidate, spec.minReadySeconds, now) : 0,
  };
}

/** Which pods are being waited for, for the message. */
export function podsWaitingFor(context: Context, goal: PodGoal): string {
  const { candidate, now, spec } = context;
  const available = candidate ? availablePods(candidate, spec.minReadySeconds, now) : 0;
  if (available < goal.candidate) return `candidate pods: ${available} of ${goal.candidate} ready`;
  return 'stable pods to follow';
}
