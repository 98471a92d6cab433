// The strict test of a rate: a bet against the canary per block of polls. Slow, and right whatever
// the errors inside a block have to do with each other; for those whose errors come in storms.
//
//   D = x_c/n_c - ratio x_s/n_s - margin, one block;  M *= 1 + lambda D
//
// D lies within -(ratio + margin)..1, and a good canary's D is 0 or less on average, so every factor
// with 0 < lambda < 1/(ratio + margin) has an expectation of at most 1: nothing is assumed of the
// errors within a block, only that a block does not foretell the next. For the opposite bet the
// stake is below 1, since -D is above -1. A block is about a minute, so that an episode of errors
// seldom spans two. Waudby-Smith & Ramdas, arXiv 2010.09686.
import type { TwoArmCounts } from './e-process.ts';
import { type MixtureState, initialMixture, logMixture, stepMixture } from './start-mixture.ts';

export type BettingParams = {
  readonly ratio: number;
  readonly margin: number;
  /**
   * `worse`: bets that the canary's rate is above ratio * stable + margin (a rollback).
   * `notWorse`: bets that it is below (a promotion); a block's bet is then on -D.
   */
  readonly bet: 'worse' | 'notWorse';
  /** Polls in a block. */
  readonly blockPolls: number;
  /** Polls with traffic that the release is expected to take. */
  readonly plannedPolls: number;
};

/** Plain JSON. `open` is the block that is not yet full. */
export type BettingState = {
  readonly mixture: MixtureState;
  readonly open: TwoArmCounts & { readonly polls: number };
};

/** Stakes, as shares of the greatest that cannot lose everything. */
const STAKES = [0.02, 0.05, 0.1, 0.2, 0.5, 0.9] as const;

const EMPTY = { requests: 0, errors: 0 } as const;
const NO_BLOCK: BettingState['open'] = { polls: 0, canary: EMPTY, stable: EMPTY };

export function initialBetting(): BettingState {
  return { mixture: initialMixture(STAKES.length), open: NO_BLOCK };
}

/** Takes in one poll; the bet is settled with the last poll of a block in which both were asked. */
export function stepBetting(
  state: BettingState,
  delta: TwoArmCounts,
  params: BettingParams,
): BettingState {
  const open = {
    polls: state.open.polls + 1,
    canary: sum(state.open.canary, delta.canary),
    stable: sum(state.open.stable, delta.stable),
  };
  const isFull = open.polls >= params.blockPolls;
  if (!isFull || open.canary.requests <= 0 || open.stable.requests <= 0) return { ...state, open };
  const difference = rateOf(open.canary) - params.ratio * rateOf(open.stable) - params.margin;
  const isWorse = params.bet === 'worse';
  const greatest = isWorse ? 1 / (params.ratio + params.margin) : 1;
  const won = isWorse ? difference : -difference;
  const gains = STAKES.map((stake) => Math.log1p(stake * greatest * won));
  const plannedBlocks = Math.max(1, Math.ceil(params.plannedPolls / params.blockPolls));
  return { mixture: stepMixture(state.mixture, gains, plannedBlocks), open: NO_BLOCK };
}

/** ln of the evidence. Compare with -ln(alpha). */
export function logBettingEvidence(state: BettingState, params: BettingParams): number {
  const plannedBlocks = Math.max(1, Math.ceil(params.plannedPolls / params.blockPolls));
  return logMixture(state.mixture, plannedBlocks);
}

type Counts = { readonly requests: number; readonly errors: number };

function sum(a: Counts, b: Counts): Counts {
  return { requests: a.requests + b.requests, errors: a.errors + b.errors };
}

/* An error is a request in any case, so that a rate is never above 1. */
function rateOf({ requests, errors }: Counts): number {
  return Math.min(1, errors / requests);
}
