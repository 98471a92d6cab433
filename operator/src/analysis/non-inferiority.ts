// The test behind promotion by evidence: the same arithmetic as e-process.ts with the null turned
// round. The null says the canary is unacceptable, p_c >= theta1 p_s + delta1; evidence against it
// is evidence that the canary is good enough.
//
//   r_s = 1 + c theta1 n_c / n_s        for each c of a grid in (0, 1)
//   l   = x_c ln(1 - c) + x_s ln r_s + n_c delta1 c
//
// With independent errors and 1 + u <= e^u, E[e^l] <= exp(-c n_c p_c + c theta1 n_c p_s + n_c
// delta1 c) <= 1 under the null. The mean over c is compared with 1/beta; Ville's inequality bounds
// by beta the share of bad releases ever promoted. With no error anywhere it takes
// ln(1/beta)/delta1 canary requests. phi tempers as in e-process.ts: (r^u - 1)/u rises in u for r <
// 1 as well.
import { LOG_ZERO, logMean } from './log-space.ts';
import type { TwoArmCounts } from './e-process.ts';

export type NonInferiorityParams = {
  /** theta1 >= 1 and delta1 > 0: from this error rate on a canary is not good enough. */
  readonly ratio: number;
  readonly margin: number;
  /** phi >= 1. */
  readonly dispersion: number;
};

/** ln of the product for each c; all 0 at the beginning. */
export type NonInferiorityState = { readonly logS: readonly number[] };

const GRID = [0.1, 0.25, 0.5, 0.75, 0.9, 0.98] as const;

export function initialNonInferiority(): NonInferiorityState {
  return { logS: GRID.map(() => 0) };
}

/** Takes in one poll. Without a request at either arm the state stays as it is. */
export function stepNonInferiority(
  state: NonInferiorityState,
  delta: TwoArmCounts,
  params: NonInferiorityParams,
): NonInferiorityState {
  const { canary, stable } = delta;
  if (canary.requests <= 0 || stable.requests <= 0) return state;
  const odds = canary.requests / stable.requests;
  const logS = GRID.map((c, index) => {
    const gain =
      canary.errors * Math.log1p(-c) +
      stable.errors * Math.log1p(c * params.ratio * odds) +
      canary.requests * params.margin * c;
    return Math.max(LOG_ZERO, (state.logS[index] ?? 0) + gain / params.dispersion);
  });
  return { logS };
}

/** ln of the evidence that the canary is good enough. Compare with -ln(beta). */
export function logNonInferiority(state: NonInferiorityState): number {
  return logMean(state.logS);
}
