// How much of the traffic the candidate gets: the writes that bring the split to a weight, and
// whether the snapshot already shows it there. How that is done is the router's affair.
import type { Context } from './context.ts';
import type { Effect } from './decision.ts';
import type { Exposure, Pace, Retreat } from './exposure-result.ts';
import { exposeByPods, keepByPods, retreatByPods } from './pod-share.ts';
import { exposeByRoute, keepByRoute, retreatByRoute } from './weighted-route.ts';

/** Brings the candidate's share to `weight` percent, one safe move at a time. */
export function expose(context: Context, weight: number): Exposure {
  const { traffic } = context.snapshot;
  if (traffic.kind === 'weighted') return exposeByRoute(context, traffic, weight);
  return exposeByPods(context, weight);
}

/**
 * Moves nobody: what carries users goes on doing so, at most at `weight`, and both sides keep as
 * many pods as `replicas` asks of them.
 */
export function keepSplit(context: Context, weight: number): Effect[] {
  const { traffic } = context.snapshot;
  if (traffic.kind === 'weighted') return keepByRoute(context, traffic, weight);
  return keepByPods(context, weight);
}

/**
 * Takes the candidate's users away for a while, to see what becomes of stable. Behind a router its pods
 * stay; where the pods are the split, stable takes their place first.
 */
export function withdraw(context: Context): Pick<Exposure, 'effects' | 'weight'> {
  const { state, snapshot } = context;
  const { traffic } = snapshot;
  if (traffic.kind !== 'weighted') return exposeByPods(context, 0);
  // What is shown is what is asked for once the route says so too.
  const shown = traffic.route.weight ?? state.weight.observed;
  const weight = { desired: 0, observed: Math.min(state.weight.observed, shown) };
  return { effects: keepByRoute(context, traffic, 0), weight };
}

/** Takes all traffic from the candidate: stable first, and only what stable can carry. */
export function retreat(context: Context, pace: Pace): Retreat {
  const { traffic } = context.snapshot;
  if (traffic.kind === 'weighted') return retreatByRoute(context, traffic);
  return retreatByPods(context, pace);
}
