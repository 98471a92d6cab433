// How much of the traffic the candidate gets: the writes that bring the split to a weight, and
// whether the snapshot already shows it there.
import { availablePods, livePods, readyPods } from './pods.ts';
import type { Context } from './context.ts';
import type { Effect, OutcomeMark } from './decision.ts';
import { after, type Instant } from '../lib/instant.ts';
import {
  type PodGoal,
  calmBounds,
  keptOnRollback,
  nextPodShare,
  nextWeighted,
  podShareGoal,
  urgentBounds,
  weightedGoal,
} from './replicas.ts';
import type { SetView, WeightedView } from './snapshot.ts';
import type { WeightState } from './state.ts';

export interface Exposure {
  readonly effects: readonly Effect[];
  /** The snapshot shows the split as asked for, and it has settled. */
  readonly isReached: boolean;
  /**
   * The candidate has what is asked for, and more: an operator that did not live to say so was on its
   * way to a further step.
   */
  readonly isExceeded: boolean;
  readonly weight: WeightState;
  readonly wakeAt?: Instant;
  /** What is being waited for, for the message; '' when reached. */
  readonly waitingFor: string;
}

/** Brings the candidate's share to `weight` percent, one safe move at a time. */
export function expose(context: Context, weight: number): Exposure {
  const { traffic } = context.snapshot;
  if (traffic.kind === 'weighted') return exposeByRoute(context, traffic, weight);
  return exposeByPods(context, weight);
}

function exposeByPods(context: Context, weight: number): Exposure {
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

function exposeByRoute(context: Context, traffic: WeightedView, asked: number): Exposure {
  const { bounds } = context;
  // Without replicas there is nobody to share: the way is gone with the weight left at 0.
  const weight = bounds.replicas === 0 ? 0 : asked;
  const goal = weightedGoal(weight, bounds.replicas);
  const isStaffed = weight === 0 || isStaffedFor(context, traffic, goal.candidate);
  const effects = [
    ...weightedSizes(context, traffic, weight),
    ...rightServices(context, traffic),
    ...rightWeight(context, traffic, { weight, isStaffed }),
  ];
  const settled = settling(context, traffic, weight);
  const isReached = effects.length === 0 && isStaffed && settled.isSettled;
  const shown = traffic.route.weight ?? 0;
  const isOver = shown > weight || (settled.isSettled && hasMore(context, goal.candidate));
  return {
    effects,
    isReached,
    isExceeded: isStaffed && isOver,
    weight: {
      desired: weight,
      observed: isReached ? weight : observedWeight(context, traffic),
      ...optional('changedAt', toRemember(traffic, settled)),
    },
    ...optional('wakeAt', settled.wakeAt),
    waitingFor: isReached
      ? ''
      : isStaffed
        ? settled.waitingFor || 'the Services'
        : podsWaitingFor(context, goal),
  };
}

function hasMore({ candidate }: Context, pods: number): boolean {
  return candidate !== undefined && candidate.desired > pods;
}

/* What still carries more than it is to carry keeps its pods until the route shows less. */
function weightedSizes(context: Context, traffic: WeightedView, weight: number): Effect[] {
  const { bounds, candidate, stable } = context;
  const isCarrying = candidate !== undefined && traffic.canary.hash === candidate.hash;
  const isBehindStable = candidate !== undefined && traffic.stable.hash === candidate.hash;
  const shown = isBehindStable ? 100 : isCarrying ? (traffic.route.weight ?? 0) : 0;
  const carried = Math.max(weight, shown);
  const next = nextWeighted(weightedGoal(carried, bounds.replicas), countsOf(context), bounds);
  return [...resize(stable, next.stable), ...growCandidate(context, next.candidate)];
}

/* A canary Service is not pointed elsewhere while it carries weight: that falls to 0 first. */
function rightServices(context: Context, traffic: WeightedView): Effect[] {
  const { candidate, stable } = context;
  const effects: Effect[] = [];
  if (stable && !isPointedAt(traffic.stable, stable) && !isNeededBehind(context, traffic)) {
    effects.push({ kind: 'pointService', role: 'stable', hash: stable.hash });
  }
  const target = candidate ?? stable;
  if (!target || isPointedAt(traffic.canary, target)) return effects;
  const isHarmless = (traffic.route.weight ?? 0) === 0 || traffic.canary.hash === target.hash;
  if (isHarmless || !traffic.canary.exists) {
    effects.push({ kind: 'pointService', role: 'canary', hash: target.hash });
  }
  return effects;
}

/* Who answers behind the stable Service stays there until stable can answer itself. */
function isNeededBehind({ snapshot, stable }: Context, traffic: WeightedView): boolean {
  const named = snapshot.sets.find((set) => set.hash === traffic.stable.hash);
  return named !== stable && readyPods(named) > 0 && readyPods(stable) === 0;
}

interface WeightGoal {
  readonly weight: number;
  /** The pods that the weight needs answer behind the canary Service. */
  readonly isStaffed: boolean;
}

function rightWeight(
  context: Context,
  { canary, route }: WeightedView,
  goal: WeightGoal,
): Effect[] {
  const { candidate, stable } = context;
  const shown = route.weight ?? 0;
  const isNamed = candidate !== undefined && canary.hash === candidate.hash;
  const isAnswered = isNamed && readyPods(candidate) > 0;
  const within = isAnswered || shown === 0 ? Math.min(shown, goal.weight) : 0;
  const wanted = goal.isStaffed ? goal.weight : within;
  // While stable answers nothing, nothing is taken from who does.
  const weight = readyPods(stable) > 0 || readyPods(candidate) === 0 ? wanted : Math.max(wanted, shown);
  const isRight = route.exists && route.isCurrent && shown === weight;
  return isRight && route.weight !== undefined ? [] : [{ kind: 'setWeight', weight }];
}

function isStaffedFor(context: Context, { canary }: WeightedView, pods: number): boolean {
  const { candidate, now, spec } = context;
  return (
    candidate !== undefined &&
    candidate.desired >= pods &&
    availablePods(candidate, spec.minReadySeconds, now) >= pods &&
    isPointedAt(canary, candidate) &&
    endpointsAre(canary.readyPods, candidate, pods)
  );
}

/* Once reached, another weight on the route is somebody else's doing, and true all the same. */
function observedWeight({ state }: Context, { route }: WeightedView): number {
  const { desired, observed } = state.weight;
  return desired === observed && route.weight !== undefined
    ? Math.min(observed, route.weight)
    : observed;
}

/**
 * Moves nobody: what carries users goes on doing so, at most at `weight`, and both sides keep as
 * many pods as `replicas` asks of them.
 */
export function keepSplit(context: Context, weight: number): Effect[] {
  const { traffic } = context.snapshot;
  if (traffic.kind === 'weighted') return keepWeight(context, traffic, weight);
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

function keepWeight(context: Context, traffic: WeightedView, most: number): Effect[] {
  const { bounds, candidate, stable, state } = context;
  // The last turn of a release goes on by itself; stable is not pointed back in the middle of it.
  if (candidate && traffic.stable.hash === candidate.hash) return [];
  const isAnswered = readyPods(candidate) > 0 || readyPods(stable) === 0;
  const shown = traffic.route.weight ?? state.weight.observed;
  const weight = isAnswered && bounds.replicas > 0 ? Math.min(shown, most) : 0;
  const needed = nextWeighted(weightedGoal(weight, bounds.replicas), countsOf(context), bounds);
  return [
    ...resize(stable, bounds.replicas),
    ...resize(candidate, Math.max(candidate?.desired ?? 0, needed.candidate)),
    ...rightServices(context, traffic),
    ...rightWeight(context, traffic, { weight, isStaffed: true }),
  ];
}

interface Settling {
  readonly isSettled: boolean;
  readonly changedAt?: Instant;
  readonly wakeAt?: Instant;
  readonly waitingFor: string;
}

/* A weight counts as observed when the gateway accepted this very route and the settle time is over. */
function settling(context: Context, traffic: WeightedView, weight: number): Settling {
  const { now, spec, state } = context;
  if (traffic.route.weight !== weight)
    return { isSettled: false, waitingFor: 'the route to be written' };
  const wasReached = state.weight.desired === weight && state.weight.observed === weight;
  if (wasReached && traffic.route.acceptance.kind !== 'refused') {
    return { isSettled: true, ...optional('changedAt', state.weight.changedAt), waitingFor: '' };
  }
  const remembered = state.weight.desired === weight ? state.weight.changedAt : undefined;
  const changedAt = traffic.route.weightSetAt ?? remembered ?? now;
  const settledAt = after(changedAt, (spec.traffic?.settleSeconds ?? 3) * 1000);
  const { acceptance } = traffic.route;
  if (acceptance.kind === 'pending') {
    return { isSettled: false, changedAt, waitingFor: 'the gateway to accept the route' };
  }
  if (acceptance.kind === 'refused') {
    return { isSettled: false, changedAt, waitingFor: `the gateway: ${acceptance.message}` };
  }
  if (now < settledAt) {
    return { isSettled: false, changedAt, wakeAt: settledAt, waitingFor: 'the gateway to settle' };
  }
  return { isSettled: true, changedAt, waitingFor: '' };
}

/* A route that says itself when its weight was set needs nobody to remember it. */
function toRemember(traffic: WeightedView, settled: Settling): Instant | undefined {
  return traffic.route.weightSetAt === undefined ? settled.changedAt : undefined;
}

/** So long a gateway may leave the way back unanswered; the candidate keeps its pods meanwhile. */
const UNANSWERED_MAX_MS = 30_000;

/* The way back does not hang on a gateway that refuses the route, or takes no notice of it: it would
   have no end. What was written is all that can be done. */
function settlingBack(context: Context, traffic: WeightedView): Settling {
  const settled = settling(context, traffic, 0);
  const { acceptance } = traffic.route;
  const isAnswered = acceptance.kind !== 'refused' && acceptance.kind !== 'pending';
  if (settled.isSettled || settled.changedAt === undefined || isAnswered) return settled;
  const settleMs = (context.spec.traffic?.settleSeconds ?? 3) * 1000;
  const waitMs = acceptance.kind === 'refused' ? settleMs : Math.max(settleMs, UNANSWERED_MAX_MS);
  const wakeAt = after(settled.changedAt, waitMs);
  return context.now < wakeAt ? { ...settled, wakeAt } : { ...settled, isSettled: true };
}

export interface Retreat {
  readonly effects: readonly Effect[];
  readonly weight: WeightState;
  /** No user reaches the candidate any more. */
  readonly isDone: boolean;
  /** Stable answers nothing, so traffic stays where it is answered. */
  readonly isStuck: boolean;
  /** What the gateway says against the route, if it refuses it. */
  readonly refusal?: string;
  readonly wakeAt?: Instant;
}

/** `urgent`: the candidate hurts users. `calm`: nothing is wrong with it, it is only not wanted. */
export type Pace = 'urgent' | 'calm';

/** Takes all traffic from the candidate: stable first, and only what stable can carry. */
export function retreat(context: Context, pace: Pace): Retreat {
  const { traffic } = context.snapshot;
  if (traffic.kind === 'weighted') return retreatByRoute(context, traffic);
  return retreatByPods(context, pace);
}

function retreatByPods(context: Context, pace: Pace): Retreat {
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

function retreatByRoute(context: Context, traffic: WeightedView): Retreat {
  const { bounds, candidate, now, spec, stable } = context;
  const effects: Effect[] = [...resize(stable, bounds.replicas)];
  const stableAvailable = stable ? availablePods(stable, spec.minReadySeconds, now) : 0;
  const carriesUsers = (traffic.route.weight ?? 0) > 0 || traffic.stable.hash === candidate?.hash;
  if (stableAvailable === 0 && readyPods(candidate) > 0 && carriesUsers && bounds.replicas > 0) {
    return { effects, weight: context.state.weight, isDone: false, isStuck: true };
  }
  if (traffic.route.weight !== 0) effects.unshift({ kind: 'setWeight', weight: 0 });
  // Before anybody is sent to it, the stable Service has to name stable.
  if (stable && !isPointedAt(traffic.stable, stable)) {
    effects.unshift({ kind: 'pointService', role: 'stable', hash: stable.hash });
  }
  const settled = settlingBack(context, traffic);
  const { acceptance } = traffic.route;
  const isDone = settled.isSettled && stable !== undefined && isPointedAt(traffic.stable, stable);
  return {
    effects,
    weight: {
      desired: 0,
      observed: isDone ? 0 : context.state.weight.observed,
      ...optional('changedAt', toRemember(traffic, settled)),
    },
    isDone,
    isStuck: false,
    ...optional('refusal', acceptance.kind === 'refused' ? acceptance.message : undefined),
    ...optional('wakeAt', settled.wakeAt),
  };
}

function countsOf({ candidate, now, spec, stable }: Context) {
  return {
    stableDesired: stable?.desired ?? 0,
    stableAvailable: stable ? availablePods(stable, spec.minReadySeconds, now) : 0,
    candidateDesired: candidate?.desired ?? 0,
    candidateAvailable: candidate ? availablePods(candidate, spec.minReadySeconds, now) : 0,
  };
}

/** Scales the candidate, or makes its set with the pods it may start with. */
function growCandidate(context: Context, to: number): Effect[] {
  const { bounds, candidate, snapshot, state, wanted } = context;
  if (candidate) return resize(candidate, to);
  if (state.stage.kind === 'Idle' || state.stage.kind === 'RolledBack') return [];
  // A set without pods is not worth making, but where there are to be none at all.
  if (to === 0 && bounds.replicas > 0) return [];
  const revision =
    state.candidate?.revision ?? 1 + Math.max(0, ...snapshot.sets.map((set) => set.revision));
  return [{ kind: 'createSet', revision, hash: wanted.hash, replicas: to, outcome: 'candidate' }];
}

export function resize(set: SetView | undefined, to: number, mark?: OutcomeMark): Effect[] {
  if (!set || set.desired === to) return [];
  const { desired: from, generation, name, uid } = set;
  return [
    { kind: 'scaleSet', set: { name, uid }, generation, from, to, ...optional('mark', mark) },
  ];
}

function isAt({ now, spec }: Context, set: SetView | undefined, goal: number): boolean {
  if (!set) return goal === 0;
  return set.desired === goal && availablePods(set, spec.minReadySeconds, now) >= goal;
}

function hasOnly(set: SetView | undefined, goal: number): boolean {
  return !set || (set.desired === goal && livePods(set).length <= goal);
}

function isPointedAt(service: WeightedView['stable'], set: SetView): boolean {
  return service.exists && service.isCurrent && service.hash === set.hash;
}

function endpointsAre(readyNames: readonly string[], set: SetView, atLeast: number): boolean {
  const ready = new Set(
    livePods(set)
      .filter((pod) => pod.isReady)
      .map((pod) => pod.name),
  );
  return readyNames.length >= atLeast && readyNames.every((name) => ready.has(name));
}

function shareOf({ candidate, stable }: Context): number {
  const ready = readyPods(candidate);
  const all = ready + readyPods(stable);
  return all === 0 ? 0 : Math.round((100 * ready) / all);
}

function podsWaitingFor(context: Context, goal: PodGoal): string {
  const { candidate, now, spec } = context;
  const available = candidate ? availablePods(candidate, spec.minReadySeconds, now) : 0;
  if (available < goal.candidate) return `candidate pods: ${available} of ${goal.candidate} ready`;
  return 'stable pods to follow';
}

/** `{ [key]: value }`, or nothing where the value is undefined. */
export function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}
