// One call per poll: bookkeeping, then judgement. The state is plain JSON; keep it in status.
import { type CounterState, countPoll, initialCounters } from './counters.ts';
import { type JudgeState, initialJudge, judge, judgeCrashes } from './judge.ts';
import type { AnalysisParams } from './params.ts';
import type { Poll, PollOutcome } from './sample.ts';
import type { Verdict } from './verdict.ts';

/** Everything a restarted operator needs to go on without losing evidence or alpha. */
export type AnalysisState = { readonly counters: CounterState; readonly judge: JudgeState };

export type Analysed = {
  readonly state: AnalysisState;
  /** What the poll added, for the journal. */
  readonly outcome: PollOutcome;
  readonly verdict: Verdict;
};

/** The state at the beginning of a release. */
export function initialAnalysis(params: AnalysisParams): AnalysisState {
  return { counters: initialCounters(), judge: initialJudge(params) };
}

/** Takes in one poll. Call it at every poll, in every phase; `params` must not change meanwhile. */
export function analyse(state: AnalysisState, poll: Poll, params: AnalysisParams): Analysed {
  const counted = countPoll(state.counters, poll, params);
  const { restarts } = poll;
  const before =
    restarts === undefined ? state.judge : judgeCrashes(state.judge, restarts, params);
  const judged = judge(before, counted.outcome, params);
  return {
    state: { counters: counted.state, judge: judged.state },
    outcome: counted.outcome,
    verdict: judged.verdict,
  };
}
