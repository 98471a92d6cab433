// How much traffic a candidate may get so that it costs users at most so many bad responses, whatever
// of what is still possible is true of it.
//
//   worst(w) = spent + E(w) + w R L u
//
// E(w): failed requests after which the judge takes back a candidate that fails them all, at weight
// w. R: requests per second of both versions, L: seconds from a verdict's first sign to traffic being
// gone (two polls and the settle time), u: how much more often than stable the candidate may still
// fail (excess.ts). `spent`: what it failed beyond stable's rate so far.
import { type ExcessState, excessAtMost } from './excess.ts';
import type { AnalysisParams, PaceParams } from './params.ts';
import type { ArmCounts } from './verdict.ts';

/** What the pace allows now, with the numbers it rests on. */
export type Pace = {
  /** Percent of the traffic, 0..100; not rounded to any step. */
  readonly allowedWeight: number;
  /** u: the canary fails at most this much more often than stable; 1 is nothing known. */
  readonly excessAtMost: number;
  /** Bad responses that the allowed weight would cost at worst, those so far included. */
  readonly badResponses: number;
};

/** The largest weight whose worst case is within the budget. */
export function paceOf(
  state: ExcessState,
  counts: { readonly canary: ArmCounts; readonly stable: ArmCounts },
  { pace, ...params }: AnalysisParams & { readonly pace: PaceParams },
): Pace {
  const { exposure, lagPolls, maxWeight } = pace;
  const most = excessAtMost(state, params);
  const spent = excessErrors(counts);
  const perPercent = (state.requestsPerPoll * lagPolls * most) / 100;
  const worst = (weight: number): number =>
    spent + needed(pace, weight) + weight * perPercent;
  // Nothing is known of the traffic before the first poll.
  const weights = state.requestsPerPoll === 0 ? [] : WEIGHTS.filter((one) => one <= maxWeight);
  const allowedWeight = Math.max(0, ...weights.filter((weight) => worst(weight) <= exposure));
  return { allowedWeight, excessAtMost: most, badResponses: worst(allowedWeight) };
}

const WEIGHTS = Array.from({ length: 100 }, (_, index) => index + 1);

function excessErrors({ canary, stable }: {
  readonly canary: ArmCounts;
  readonly stable: ArmCounts;
}): number {
  const usual = stable.requests > 0 ? stable.errors / stable.requests : 0;
  return Math.max(0, canary.errors - canary.requests * usual);
}

/* The judge's answer rises with the weight; between two that were asked, the higher one holds. */
function needed({ errorsNeeded }: PaceParams, weight: number): number {
  const above = errorsNeeded.find((asked) => asked.weight >= weight) ?? errorsNeeded.at(-1);
  return above?.errors ?? 0;
}
