// One comparison of two rates (errors of requests, or any pair of counters), by the method the
// release was told: counts tempered by a dispersion, or bets on whole blocks.
import { assertNever } from '../lib/assert.ts';
import {
  type BettingParams,
  type BettingState,
  initialBetting,
  logBettingEvidence,
  stepBetting,
} from './betting.ts';
import {
  type EProcessParams,
  type EProcessState,
  type TwoArmCounts,
  initialEProcess,
  logEvidence,
  stepEProcess,
} from './e-process.ts';

/** How errors are taken to come; fixed before the release. */
export type RateMethod =
  /** Independent but for clusters of about `dispersion`. */
  | { readonly kind: 'counts'; readonly dispersion: number }
  /** In storms of any kind, as long as they are shorter than a block. */
  | { readonly kind: 'betting'; readonly blockPolls: number };

export type RateParams = {
  readonly ratio: number;
  readonly margin: number;
  readonly method: RateMethod;
  readonly plannedPolls: number;
};

/** Plain JSON. */
export type RateState =
  | { readonly kind: 'counts'; readonly state: EProcessState }
  | { readonly kind: 'betting'; readonly state: BettingState };

export function initialRate({ kind }: RateMethod): RateState {
  return kind === 'counts'
    ? { kind, state: initialEProcess() }
    : { kind, state: initialBetting() };
}

/** Takes in one poll. A state that another method left is begun anew. */
export function stepRate(state: RateState, delta: TwoArmCounts, params: RateParams): RateState {
  const { method } = params;
  const own = state.kind === method.kind ? state : initialRate(method);
  switch (own.kind) {
    case 'counts':
      return { ...own, state: stepEProcess(own.state, delta, countsParams(params)) };
    case 'betting':
      return { ...own, state: stepBetting(own.state, delta, bettingParams(params)) };
    default:
      return assertNever(own);
  }
}

/** ln of the evidence that the canary's rate is more than ratio times stable's plus margin. */
export function logRateEvidence(state: RateState, params: RateParams): number {
  if (state.kind !== params.method.kind) return 0;
  return state.kind === 'counts'
    ? logEvidence(state.state, countsParams(params))
    : logBettingEvidence(state.state, bettingParams(params));
}

function countsParams({ method, ...params }: RateParams): EProcessParams {
  return { ...params, dispersion: method.kind === 'counts' ? method.dispersion : 1 };
}

function bettingParams({ method, ...params }: RateParams): BettingParams {
  return { ...params, bet: 'worse', blockPolls: method.kind === 'betting' ? method.blockPolls : 1 };
}
