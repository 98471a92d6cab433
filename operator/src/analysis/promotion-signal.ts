// Evidence that the canary is good enough, by the method the release was told.
import type { TwoArmCounts } from './e-process.ts';
import {
  type BettingParams,
  type BettingState,
  initialBetting,
  logBettingEvidence,
  stepBetting,
} from './betting.ts';
import {
  type NonInferiorityState,
  initialNonInferiority,
  logNonInferiority,
  stepNonInferiority,
} from './non-inferiority.ts';
import type { RateMethod, RateParams } from './rate-signal.ts';

/** Plain JSON. */
export type PromotionState =
  | ({ readonly kind: 'counts' } & NonInferiorityState)
  | { readonly kind: 'betting'; readonly state: BettingState };

export function initialPromotion({ kind }: RateMethod): PromotionState {
  return kind === 'counts'
    ? { kind, ...initialNonInferiority() }
    : { kind, state: initialBetting() };
}

/** Takes in one poll. A state that another method left is begun anew. */
export function stepPromotion(
  state: PromotionState,
  delta: TwoArmCounts,
  params: RateParams,
): PromotionState {
  const { method, ratio, margin } = params;
  if (method.kind === 'counts') {
    const before = state.kind === 'counts' ? state : initialNonInferiority();
    const { dispersion } = method;
    return { kind: 'counts', ...stepNonInferiority(before, delta, { ratio, margin, dispersion }) };
  }
  const before = state.kind === 'betting' ? state.state : initialBetting();
  return { kind: 'betting', state: stepBetting(before, delta, bettingParams(params)) };
}

/** ln of the evidence that the canary is good enough. Compare with -ln(beta). */
export function logPromotion(state: PromotionState, params: RateParams): number {
  return state.kind === 'counts'
    ? logNonInferiority(state)
    : logBettingEvidence(state.state, bettingParams(params));
}

function bettingParams({ method, ratio, margin, plannedPolls }: RateParams): BettingParams {
  const blockPolls = method.kind === 'betting' ? method.blockPolls : 1;
  return { ratio, margin, plannedPolls, blockPolls, bet: 'notWorse' };
}
