// Is stable itself failing? A cumulative sum that climbs while its error rate is above a ceiling
// and falls back when it is well again. It holds promotion; it never rolls anything back, so it
// needs no bound over all looks, only a quick change of mind in both directions.

/** Plain numbers. `level` stays within 0..MAX_LEVEL, so that recovery is always near. */
export type CeilingState = { readonly kind: 'below' | 'above'; readonly level: number };

/** The sum compares the ceiling with three times that rate. */
const MULTIPLE = 3;
/** ln 100: about as sure as a rollback has to be. */
const ENTER_LEVEL = Math.log(100);
const MAX_LEVEL = 2 * ENTER_LEVEL;

export function initialCeiling(): CeilingState {
  return { kind: 'below', level: 0 };
}

/** Takes in one poll of one arm. `ceiling` is an error rate, 0..1, above 0. */
export function stepCeiling(
  state: CeilingState,
  counts: { readonly requests: number; readonly errors: number },
  ceiling: number,
): CeilingState {
  const gain = counts.errors * Math.log(MULTIPLE) - counts.requests * ceiling * (MULTIPLE - 1);
  const level = Math.min(MAX_LEVEL, Math.max(0, state.level + gain));
  if (level >= ENTER_LEVEL) return { kind: 'above', level };
  return { kind: level === 0 ? 'below' : state.kind, level };
}
