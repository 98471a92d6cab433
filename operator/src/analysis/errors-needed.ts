// How many failed requests of the canary it takes until the judge takes it back, at its fastest.
import { initialJudge, judge } from './judge.ts';
import type { AnalysisParams, ErrorsNeeded } from './params.ts';

/** Weights that are asked about, in percent; the answer rises slowly from one to the next. */
const ASKED = [1, 5, 10, 25, 50, 75, 99] as const;
/** More than these no weight needs. */
const ERRORS_MAX = 1000;

/** All in one poll, with every request of the canary failed and none at stable; by weight, rising. */
export function errorsNeeded(params: AnalysisParams): readonly ErrorsNeeded[] {
  return ASKED.map((weight) => ({ weight, errors: countNeeded(params, weight) }));
}

function countNeeded(params: AnalysisParams, weight: number): number {
  for (let errors = 1; errors < ERRORS_MAX; errors += 1) {
    if (takesBack(params, weight, errors)) return errors;
  }
  return ERRORS_MAX;
}

function takesBack(params: AnalysisParams, weight: number, errors: number): boolean {
  const pods = { listed: 1, read: 1 };
  const stable = Math.max(1, Math.round((errors * (100 - weight)) / weight));
  const outcome = {
    kind: 'delta' as const,
    canaryWeightPercent: weight,
    canary: { requests: errors, errors, pods },
    stable: { requests: stable, errors: 0, pods },
  };
  return judge(initialJudge(params), outcome, params).verdict.kind === 'rollback';
}
