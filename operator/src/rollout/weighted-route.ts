// Traffic by the weights of a route: the pods follow the weight, and the weight follows ready pods.
import { optional } from '../lib/optional.ts';
import type { Context } from './context.ts';
import type { Effect } from './decision.ts';
import type { Exposure, Retreat } from './exposure-result.ts';
import { availablePods, livePods, readyPods } from './pods.ts';
import { nextWeighted, weightedGoal } from './replicas.ts';
import { countsOf, growCandidate, podsWaitingFor, resize } from './scale-sets.ts';
import { settling, settlingBack, toRemember } from './settling.ts';
import type { SetView, WeightedView } from './snapshot.ts';

/** See `expose`. */
export function exposeByRoute(context: Context, traffic: WeightedView, asked: number): Exposure {
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

/** See `keepSplit`; `most` is the highest weight that is kept. */
export function keepByRoute(context: Context, traffic: WeightedView, most: number): Effect[] {
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

/** See `retreat`. */
export function retreatByRoute(context: Context, traffic: WeightedView): Retreat {
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
