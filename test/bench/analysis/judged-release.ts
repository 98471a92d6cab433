// One release judged by the whole product judge, promotion included, as the operator would run it.
import type { TwoArmCounts } from '../../../operator/src/analysis/e-process.ts';
import { initialJudge, judge } from '../../../operator/src/analysis/judge.ts';
import type { AnalysisParams } from '../../../operator/src/analysis/params.ts';
import type { ArmDelta } from '../../../operator/src/analysis/sample.ts';
import type { Verdict } from '../../../operator/src/analysis/verdict.ts';
import { WEIGHT } from './stream.ts';

/** What was decided first, and in which poll; undefined if nothing was. */
export type Decision = { readonly kind: 'rollback' | 'promote'; readonly poll: number };

export type JudgedRelease = {
  readonly decision: Decision | undefined;
  /** The kind of the verdict after each poll, up to the decision. */
  readonly kinds: readonly Verdict['kind'][];
};

/** Judges polls until a decision. */
export function judgedRelease(
  params: AnalysisParams,
  polls: number,
  nextPoll: (poll: number) => TwoArmCounts,
): JudgedRelease {
  let state = initialJudge(params);
  const kinds: Verdict['kind'][] = [];
  for (let poll = 0; poll < polls; poll += 1) {
    const { canary, stable } = nextPoll(poll);
    const judged = judge(
      state,
      {
        kind: 'delta',
        canaryWeightPercent: 100 * WEIGHT,
        canary: read(canary),
        stable: read(stable),
      },
      params,
    );
    state = judged.state;
    const { kind } = judged.verdict;
    kinds.push(kind);
    if (kind === 'rollback' || kind === 'promote') return { decision: { kind, poll }, kinds };
  }
  return { decision: undefined, kinds };
}

function read(counts: TwoArmCounts['canary']): ArmDelta {
  return { ...counts, pods: { listed: 1, read: 1 } };
}
