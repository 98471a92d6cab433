// Evidence that the canary is slower, from classic histogram buckets. For each boundary b the share
// of requests slower than b is compared as a rate, with the safe test for two proportions (Turner,
// Ly & Grunwald, arXiv 2106.02693); all boundaries and alternatives are averaged, which is a test
// of stochastic order that needs no independence between boundaries.
//
// One poll, one boundary: x of n canary requests and y of m stable requests are too slow. With
// theta_s guessed from EARLIER polls of stable, theta_c its odds times a multiplier, and
// theta_0 = (n theta_c + m theta_s) / (n + m):
//
//   e = (theta_c/theta_0)^x ((1-theta_c)/(1-theta_0))^(n-x)
//       (theta_s/theta_0)^y ((1-theta_s)/(1-theta_0))^(m-y)
//
// E[e] <= 1 whenever p_c <= p_s: its factors' weighted arithmetic mean at p_c = p_s is 1, the
// geometric mean is no larger, and the canary's factor falls with p_c.
//
// Slack: "too slow" is beyond the NEXT boundary for the canary. A canary that is a little slower
// everywhere, which hurts nobody, crosses no whole bucket. Latency comes in episodes, so tempering
// by phi is obligatory.
import { onBounds } from './latency-counters.ts';
import { type MixtureState, initialMixture, logMixture, stepMixture } from './start-mixture.ts';
import type { LatencyCounters } from './sample.ts';
import type { Slowness } from './verdict.ts';

export type LatencyParams = {
  /** phi >= 1: clustering of slow requests. */
  readonly dispersion: number;
  readonly plannedPolls: number;
};

/** Fixed by the first poll with latency: the boundaries both arms had. About 600 bytes of JSON. */
export type LatencyState = {
  readonly boundsSeconds: readonly number[];
  /** Stable's requests so far, and those slower than each boundary. */
  readonly stableRequests: number;
  readonly stableSlow: readonly number[];
  /** The canary's, for people. */
  readonly canaryRequests: number;
  readonly canarySlow: readonly number[];
  readonly mixture: MixtureState;
};

/** Latency of both arms over one poll. */
export type LatencyDelta = {
  readonly canary: LatencyCounters;
  readonly stable: LatencyCounters;
};

/** How many times the odds of stable the canary's odds of being slow may have become. */
const ODDS = [1.5, 2.5, 5, 15, 50] as const;

/** More boundaries than this are thinned out: state is kept in status. */
const MAX_COMPARED = 16;

export function initialLatency(): LatencyState {
  return {
    boundsSeconds: [],
    stableRequests: 0,
    stableSlow: [],
    canaryRequests: 0,
    canarySlow: [],
    mixture: initialMixture(0),
  };
}

/** Takes in one poll. A poll that lacks one of the boundaries adds nothing. */
export function stepLatency(
  state: LatencyState,
  delta: LatencyDelta,
  params: LatencyParams,
): LatencyState {
  const known = state.boundsSeconds.length === 0 ? withBounds(state, delta) : state;
  const canary = slowerThan(delta.canary, known.boundsSeconds);
  const stable = slowerThan(delta.stable, known.boundsSeconds);
  if (canary === undefined || stable === undefined) return state;
  const gains: number[] = [];
  for (let index = 0; index + 1 < known.boundsSeconds.length; index += 1) {
    const poll = {
      canary: { requests: delta.canary.count, slow: canary[index + 1] ?? 0 },
      stable: { requests: delta.stable.count, slow: stable[index] ?? 0 },
      guess: ((known.stableSlow[index] ?? 0) + 0.5) / (known.stableRequests + 1),
    };
    for (const multiplier of ODDS) gains.push(logRatio(poll, multiplier) / params.dispersion);
  }
  const asked = delta.canary.count > 0 && delta.stable.count > 0;
  // Without an earlier poll of stable there is no guess; the first one only teaches.
  const learnt = known.stableRequests > 0;
  return {
    boundsSeconds: known.boundsSeconds,
    stableRequests: known.stableRequests + delta.stable.count,
    stableSlow: plusEach(known.stableSlow, stable),
    canaryRequests: known.canaryRequests + delta.canary.count,
    canarySlow: plusEach(known.canarySlow, canary),
    mixture:
      asked && learnt
        ? stepMixture(known.mixture, gains, params.plannedPolls)
        : known.mixture,
  };
}

/** ln of the evidence that the canary is slower. */
export function logLatencyEvidence(state: LatencyState, params: LatencyParams): number {
  return state.mixture.logS.length === 0 ? 0 : logMixture(state.mixture, params.plannedPolls);
}

/** True where the parts of a state belong together; for a state that was stored. */
export function latencyStateFits(state: LatencyState): boolean {
  const { boundsSeconds, canarySlow, stableSlow, mixture } = state;
  const pairs = Math.max(0, boundsSeconds.length - 1);
  return (
    [stableSlow, canarySlow].every((slow) => slow.length === boundsSeconds.length) &&
    mixture.logS.length === pairs * ODDS.length
  );
}

/** Where the two differ most in the canary's disfavour; undefined until both were asked. */
export function slownessOf(state: LatencyState): Slowness | undefined {
  const { boundsSeconds, canaryRequests, stableRequests } = state;
  if (canaryRequests <= 0 || stableRequests <= 0) return undefined;
  const each = boundsSeconds.map((boundSeconds, index) => ({
    boundSeconds,
    canary: (state.canarySlow[index] ?? 0) / canaryRequests,
    stable: (state.stableSlow[index] ?? 0) / stableRequests,
  }));
  return each.toSorted((a, b) => b.canary - b.stable - (a.canary - a.stable))[0];
}

function plusEach(before: readonly number[], added: readonly number[]): readonly number[] {
  return added.map((value, index) => (before[index] ?? 0) + value);
}

/** The boundaries to compare are those both arms have; two are needed for the slack. */
function withBounds(state: LatencyState, delta: LatencyDelta): LatencyState {
  const common = onBounds(delta.canary, delta.stable.boundsSeconds).boundsSeconds;
  const stride = Math.ceil(common.length / MAX_COMPARED);
  const boundsSeconds = common.filter((_, index) => index % stride === 0);
  if (boundsSeconds.length < 2) return state;
  return {
    boundsSeconds,
    stableRequests: 0,
    stableSlow: boundsSeconds.map(() => 0),
    canaryRequests: 0,
    canarySlow: boundsSeconds.map(() => 0),
    mixture: initialMixture((boundsSeconds.length - 1) * ODDS.length),
  };
}

/** Requests slower than each bound; undefined where the histogram lacks a bound. */
function slowerThan(
  latency: LatencyCounters,
  boundsSeconds: readonly number[],
): readonly number[] | undefined {
  const own = onBounds(latency, boundsSeconds);
  if (boundsSeconds.length === 0 || own.boundsSeconds.length < boundsSeconds.length) {
    return undefined;
  }
  return own.cumulative.map((fast) => own.count - fast);
}

type Slow = { readonly requests: number; readonly slow: number };

type Compared = {
  readonly canary: Slow;
  readonly stable: Slow;
  /** theta_s. */
  readonly guess: number;
};

/** ln e of the formula above. */
function logRatio({ canary, guess, stable }: Compared, multiplier: number): number {
  const all = canary.requests + stable.requests;
  if (all === 0) return 0;
  const odds = (guess / (1 - guess)) * multiplier;
  const theta = odds / (1 + odds);
  const mean = (canary.requests * theta + stable.requests * guess) / all;
  return gain(canary, theta, mean) + gain(stable, guess, mean);
}

function gain({ requests, slow }: Slow, theta: number, mean: number): number {
  const fast = requests - slow;
  // Most boundaries have no slow request, or only such, in one poll: logarithms are the cost here.
  return (
    (slow > 0 ? slow * Math.log(theta / mean) : 0) +
    (fast > 0 ? fast * Math.log((1 - theta) / (1 - mean)) : 0)
  );
}
