// The test behind a rollback on errors: evidence that the canary fails more often than ratio *
// stable + margin, valid at every look. Pure arithmetic on counts; no verdict is formed here.
//
// One poll: the canary answered n_c requests, x_c of them errors; stable n_s and x_s. For each
// alternative theta of a grid above the ratio theta0:
//
//   rho = n_c theta0 / (n_c theta0 + n_s)      D = 1 + rho (theta/theta0 - 1)
//   r_c = (theta/theta0) / D                   r_s = 1 / D
//   l   = x_c ln r_c + x_s ln r_s - n_c delta0 (r_c - 1)
//
// Why it never lies more often than it may. Let p_c <= theta0 p_s + delta0 (a good canary). Errors
// are independent, and 1 + u <= e^u, so
//
//   E[e^l] <= exp( n_c p_c (r_c - 1) + n_s p_s (r_s - 1) - n_c delta0 (r_c - 1) )
//          <= exp( p_s (n_c theta0 (r_c - 1) + n_s (r_s - 1)) ) = e^0 = 1,
//
// the last step by the choice of D (r_c >= 1). This holds for any p_s, also one that changes from
// poll to poll, and any n: an outage that both versions share gives no evidence. So each product of
// e^l is a nonnegative supermartingale that begins at 1, and so is a mixture of them:
//
//   S <- (S + pi_t) e^(l/phi)                  M = mean over theta of S, + 1 - (sum of pi so far)
//
// pi_t starts a fresh product at poll t (start-mixture.ts). Ville's inequality: P(M ever reaches
// 1/alpha) <= alpha, however often one looks.
//
// phi tempers: if errors come in clusters of at most phi, e^(l/phi) keeps the bound, because
// (r^u - 1)/u rises in u. With an estimated phi that is an empirical claim; docs/reference/
// analysis-study.md tests it. phi must be known before the data it tempers.
//
// Sources: Ville 1939; Robbins 1970 (mixtures); Lindon & Malek, arXiv 2011.03567 (counts of two
// arms conditioned on their sum); Shin, Ramdas & Rinaldo, arXiv 2203.03532 (start mixtures; their
// weights bound an average run length, ours sum to 1 and bound a probability).
import { type MixtureState, initialMixture, logMixture, stepMixture } from './start-mixture.ts';

/** What the test is told before the first poll. */
export type EProcessParams = {
  /** theta0 >= 1: the multiple of stable's error rate that is acceptable. */
  readonly ratio: number;
  /** delta0, 0..1: the error rate that is acceptable on top. */
  readonly margin: number;
  /** phi >= 1: clustering of errors. */
  readonly dispersion: number;
  /** Polls with traffic over which later starts are spread evenly. At least 1. */
  readonly plannedPolls: number;
};

/** Plain numbers, about 150 bytes of JSON. */
export type EProcessState = MixtureState;

/** Counts of one poll. */
export type TwoArmCounts = {
  readonly canary: { readonly requests: number; readonly errors: number };
  readonly stable: { readonly requests: number; readonly errors: number };
};

/** Alternatives, as multiples of theta0: from half as many errors again to a hundred times. */
const GRID = [1.5, 2, 3, 5, 10, 30, 100] as const;

/** No evidence, nothing spent. */
export function initialEProcess(): EProcessState {
  return initialMixture(GRID.length);
}

/** Takes in one poll. Without a request at either arm the state stays as it is. */
export function stepEProcess(
  state: EProcessState,
  delta: TwoArmCounts,
  params: EProcessParams,
): EProcessState {
  if (delta.canary.requests <= 0 || delta.stable.requests <= 0) return state;
  const gains = GRID.map((multiple) => logRatio(delta, multiple, params) / params.dispersion);
  return stepMixture(state, gains, params.plannedPolls);
}

/** ln M. Compare with -ln(alpha). */
export function logEvidence(state: EProcessState, params: EProcessParams): number {
  return logMixture(state, params.plannedPolls);
}

/** l of the formula above, for theta = multiple * theta0. */
function logRatio(delta: TwoArmCounts, multiple: number, params: EProcessParams): number {
  const { canary, stable } = delta;
  const allowed = canary.requests * params.ratio;
  const rho = allowed / (allowed + stable.requests);
  const logD = Math.log1p(rho * (multiple - 1));
  const logCanary = Math.log(multiple) - logD;
  const margin = canary.requests * params.margin * Math.expm1(logCanary);
  return canary.errors * logCanary - stable.errors * logD - margin;
}
