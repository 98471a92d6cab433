// How much more often than stable the canary may still fail: the non-inferiority test on a falling
// grid of margins. They are tried from the largest down and the first that is not shown ends it: a
// claim that is wrong needs the largest wrong one to be shown, so beta bounds the chance that the
// answer is ever too small.
import type { TwoArmCounts } from './e-process.ts';
import type { AnalysisParams } from './params.ts';
import {
  type PromotionState,
  initialPromotion,
  logPromotion,
  stepPromotion,
} from './promotion-signal.ts';

/** Plain JSON; under 1 KB. */
export type ExcessState = {
  /** One test for each margin of the grid, from the largest. */
  readonly margins: readonly PromotionState[];
  /** Requests of both versions per poll, of late. */
  readonly requestsPerPoll: number;
};

const MARGINS = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01] as const;
/** A poll's share in the mean of requests per poll. */
const NEWS = 0.2;
const DEFAULT_BETA = 0.05;

export function initialExcess({ errors }: AnalysisParams): ExcessState {
  return { margins: MARGINS.map(() => initialPromotion(errors.method)), requestsPerPoll: 0 };
}

/** Takes in one poll. */
export function stepExcess(
  state: ExcessState,
  delta: TwoArmCounts,
  { errors: { method }, plannedPolls }: AnalysisParams,
): ExcessState {
  const margins = MARGINS.map((margin, index) => {
    const before = state.margins[index] ?? initialPromotion(method);
    return stepPromotion(before, delta, { ratio: 1, margin, method, plannedPolls });
  });
  const requests = delta.canary.requests + delta.stable.requests;
  const isFirst = state.requestsPerPoll === 0;
  const share = isFirst ? 1 : NEWS;
  return {
    margins,
    requestsPerPoll: state.requestsPerPoll + share * (requests - state.requestsPerPoll),
  };
}

/** The smallest margin of the grid that is shown, 0..1; 1 while none is. */
export function excessAtMost(state: ExcessState, params: AnalysisParams): number {
  const { errors, plannedPolls, promotion } = params;
  const needed = -Math.log(promotion?.falsePromotionRate ?? DEFAULT_BETA);
  let shown = 1;
  for (const [index, margin] of MARGINS.entries()) {
    const test = state.margins[index];
    const rate = { ratio: 1, margin, method: errors.method, plannedPolls };
    if (test === undefined || logPromotion(test, rate) < needed) return shown;
    shown = margin;
  }
  return shown;
}
