// A mixture over alternatives and over the moment at which the fault sets in.
//
//   S <- (S + pi_t) e^gain                     M = mean over alternatives of S, + 1 - (sum of pi)
//
// Each e^gain has expectation at most 1 under the null, so M is a nonnegative supermartingale that
// begins at 1. pi_t starts a fresh product at step t: half at the first, so that a fault there is
// found at once; the rest later, so that a fault that sets in late is not buried under an hour of
// innocence. The pi are chosen beforehand and sum to 1.
import { LOG_ZERO, logAdd, logMean, logOf } from './log-space.ts';

/** Plain numbers, fit for JSON. */
export type MixtureState = {
  /** Steps so far; fixes how much of the start weights is spent. */
  readonly polls: number;
  /** ln S for each alternative. */
  readonly logS: readonly number[];
};

const FIRST_START = 0.5;
const PLANNED_STARTS = 0.4;
const LATER_STARTS = 1 - FIRST_START - PLANNED_STARTS;

/** No evidence, nothing spent. */
export function initialMixture(alternatives: number): MixtureState {
  return { polls: 0, logS: Array.from({ length: alternatives }, () => LOG_ZERO) };
}

/** One step: `gains` holds, for each alternative, the log of its ratio on the new data. */
export function stepMixture(
  state: MixtureState,
  gains: readonly number[],
  plannedPolls: number,
): MixtureState {
  const polls = state.polls + 1;
  const logPi = Math.log(startWeight(polls, plannedPolls));
  const logS = state.logS.map((value, index) =>
    Math.max(LOG_ZERO, logAdd(value, logPi) + (gains[index] ?? 0)),
  );
  return { polls, logS };
}

/** ln M. */
export function logMixture(state: MixtureState, plannedPolls: number): number {
  return logAdd(logMean(state.logS), logOf(unspentWeight(state.polls, plannedPolls)));
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
