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
// pi_t starts a fresh product at poll t: half at the first, so that a fault there is found at once;
// the rest later, so that a fault that sets in late is not buried under an hour of innocence.
// Ville's inequality: P(M ever reaches 1/alpha) <= alpha, however often one looks.
//
// phi tempers: if errors come in clusters of at most phi, e^(l/phi) keeps the bound, because
// (r^u - 1)/u rises in u. With an estimated phi that is an empirical claim; docs/reference/
// analysis-study.md tests it. phi must be known before the data it tempers.
//
// Sources: Ville 1939; Robbins 1970 (mixtures); Lindon & Malek, arXiv 2011.03567 (counts of two
// arms conditioned on their sum); Shin, Ramdas & Rinaldo, arXiv 2203.03532 (start mixtures; their
// weights bound an average run length, ours sum to 1 and bound a probability).
import { LOG_ZERO, logAdd, logMean, logOf } from './log-space.ts';

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
export type EProcessState = {
  /** Polls with traffic at both arms so far; fixes how much of the start weights is spent. */
  readonly polls: number;
  /** ln S for each alternative of the grid. */
  readonly logS: readonly number[];
};

/** Counts of one poll. */
export type TwoArmCounts = {
  readonly canary: { readonly requests: number; readonly errors: number };
  readonly stable: { readonly requests: number; readonly errors: number };
};

/** Alternatives, as multiples of theta0: from twice as many errors to a hundred times. */
const GRID = [2, 3, 5, 10, 30, 100] as const;

const FIRST_START = 0.5;
const PLANNED_STARTS = 0.4;
const LATER_STARTS = 1 - FIRST_START - PLANNED_STARTS;

/** No evidence, nothing spent. */
export function initialEProcess(): EProcessState {
  return { polls: 0, logS: GRID.map(() => LOG_ZERO) };
}

/** Takes in one poll. Without a request at either arm the state stays as it is. */
export function stepEProcess(
  state: EProcessState,
  delta: TwoArmCounts,
  params: EProcessParams,
): EProcessState {
  if (delta.canary.requests <= 0 || delta.stable.requests <= 0) return state;
  const polls = state.polls + 1;
  const logPi = Math.log(startWeight(polls, params.plannedPolls));
  const logS = state.logS.map((value, index) => {
    const gain = logRatio(delta, GRID[index] ?? 1, params) / params.dispersion;
    return Math.max(LOG_ZERO, logAdd(value, logPi) + gain);
  });
  return { polls, logS };
}

/** ln M. Compare with -ln(alpha). */
export function logEvidence(state: EProcessState, params: EProcessParams): number {
  const unspent = logOf(unspentWeight(state.polls, params.plannedPolls));
  return logAdd(logMean(state.logS), unspent);
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

/**
 * pi_t. Beyond the planned polls it falls as 1/t^2 and never ends: a fault after a day's pause is
 * found as well, at a price of some more errors.
 */
function startWeight(poll: number, plannedPolls: number): number {
  if (poll === 1) return FIRST_START;
  const later = poll - 1;
  if (later <= plannedPolls) return PLANNED_STARTS / plannedPolls;
  return (LATER_STARTS * plannedPolls) / (later * (later - 1));
}

/** 1 - (pi_1 + ... + pi_polls), in closed form so that rounding cannot add up. */
function unspentWeight(polls: number, plannedPolls: number): number {
  if (polls === 0) return 1;
  const later = polls - 1;
  if (later <= plannedPolls) return LATER_STARTS + PLANNED_STARTS * (1 - later / plannedPolls);
  return (LATER_STARTS * plannedPolls) / later;
}
