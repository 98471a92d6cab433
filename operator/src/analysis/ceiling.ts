// Is stable itself failing more than it usually does? A cumulative sum climbs while an arm's error
// rate is above a ceiling and falls back when it is well again. It holds promotion; it never rolls
// anything back, so it needs no bound over all looks, only a quick change of mind both ways.

/** Plain numbers. `level` stays within 0..MAX_LEVEL, so that recovery is always near. */
export type CeilingState = {
  readonly kind: 'below' | 'above';
  readonly level: number;
  /** Polls in a row without the least sign of trouble; counted up to CALM_POLLS. */
  readonly calmPolls: number;
};

/** Stable's requests and errors of late, fading; they say what is usual. */
export type UsualState = { readonly requests: number; readonly errors: number };

type Counts = { readonly requests: number; readonly errors: number };

/** The sum compares the ceiling with twice that rate; the ceiling is twice what is usual. */
const MULTIPLE = 2;
const ENTER_LEVEL = Math.log(20);
const MAX_LEVEL = 3 * ENTER_LEVEL;

/** So many polls without any sign of trouble are calm. */
const CALM_POLLS = 3;

/** An error rate this low is nobody's outage. */
const LEAST_CEILING = 0.01;
/** Before anything is known: 3 % errors, as sure as 50 requests can be. */
const PRIOR: UsualState = { requests: 50, errors: 1.5 };
/** Half is forgotten after 450 polls with traffic: 15 minutes at the default interval. */
const FADING = 0.5 ** (1 / 450);

export function initialCeiling(): CeilingState {
  return { kind: 'below', level: 0, calmPolls: 0 };
}

export function initialUsual(): UsualState {
  return PRIOR;
}

/** Takes in one poll of one arm. `ceiling` is an error rate, 0..1, above 0. */
export function stepCeiling(state: CeilingState, counts: Counts, ceiling: number): CeilingState {
  const gain = counts.errors * Math.log(MULTIPLE) - counts.requests * ceiling * (MULTIPLE - 1);
  const level = Math.min(MAX_LEVEL, Math.max(0, state.level + gain));
  if (level >= ENTER_LEVEL) return { kind: 'above', level, calmPolls: 0 };
  if (level > 0) return { kind: state.kind, level, calmPolls: 0 };
  return { kind: 'below', level, calmPolls: Math.min(CALM_POLLS, state.calmPolls + 1) };
}

/**
 * Takes in one poll of an arm that nothing could be compared with: trouble may be seen to end, but not
 * to begin, or a release that is to mend a failing stable would be held before it had a pod.
 */
export function stepRecovery(state: CeilingState, counts: Counts, ceiling: number): CeilingState {
  const next = stepCeiling(state, counts, ceiling);
  return state.kind === 'below' && next.kind === 'above' ? { ...state, calmPolls: 0 } : next;
}

/** True after some polls without the least sign of trouble: calm enough to promote. */
export function isCalm(state: CeilingState): boolean {
  return state.calmPolls >= CALM_POLLS;
}

/** Learns what is usual from one poll of stable. Do not teach it an outage. */
export function stepUsual(state: UsualState, counts: Counts): UsualState {
  if (counts.requests <= 0) return state;
  return {
    requests: state.requests * FADING + counts.requests,
    errors: state.errors * FADING + counts.errors,
  };
}

/** The error rate above which an arm is failing: twice the usual, within limits. */
export function ceilingOf(usual: UsualState, highestCeiling: number): number {
  const rate = usual.errors / usual.requests;
  return Math.min(highestCeiling, Math.max(LEAST_CEILING, MULTIPLE * rate));
}
