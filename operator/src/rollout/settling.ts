// When a weight that was written counts as observed.
import { after, type Instant } from '../lib/instant.ts';
import { optional } from '../lib/optional.ts';
import type { Context } from './context.ts';
import type { WeightedView } from './snapshot.ts';

export interface Settling {
  readonly isSettled: boolean;
  readonly changedAt?: Instant;
  readonly wakeAt?: Instant;
  readonly waitingFor: string;
}

/** A weight counts as observed when the gateway accepted this very route and the settle time is over. */
export function settling(context: Context, traffic: WeightedView, weight: number): Settling {
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

/** So long a gateway may leave the way back unanswered; the candidate keeps its pods meanwhile. */
const UNANSWERED_MAX_MS = 30_000;

/**
 * The way back does not hang on a gateway that refuses the route, or takes no notice of it: it would
 * have no end. What was written is all that can be done.
 */
export function settlingBack(context: Context, traffic: WeightedView): Settling {
  const settled = settling(context, traffic, 0);
  const { acceptance } = traffic.route;
  const isAnswered = acceptance.kind !== 'refused' && acceptance.kind !== 'pending';
  if (settled.isSettled || settled.changedAt === undefined || isAnswered) return settled;
  const settleMs = (context.spec.traffic?.settleSeconds ?? 3) * 1000;
  const waitMs = acceptance.kind === 'refused' ? settleMs : Math.max(settleMs, UNANSWERED_MAX_MS);
  const wakeAt = after(settled.changedAt, waitMs);
  return context.now < wakeAt ? { ...settled, wakeAt } : { ...settled, isSettled: true };
}

/** A route that says itself when its weight was set needs nobody to remember it. */
export function toRemember(traffic: WeightedView, settled: Settling): Instant | undefined {
  return traffic.route.weightSetAt === undefined ? settled.changedAt : undefined;
}
