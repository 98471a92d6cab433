// One call per poll: bookkeeping, then judgement. The state is plain JSON; keep it in status.
import { type CounterState, countPoll, initialCounters } from './counters.ts';
import type { PodGrowth } from './dispersion.ts';
import { type JudgeState, initialJudge, judge, judgeGateway, judgeIncidents } from './judge.ts';
import type { AnalysisParams } from './params.ts';
import type { IncidentDelta, Poll, PollOutcome } from './sample.ts';
import type { Verdict } from './verdict.ts';

/** Everything a restarted operator needs to go on without losing evidence or alpha. */
export type AnalysisState = {
  readonly counters: CounterState;
  /** The gateway's proxies are counted by themselves, where they are read. */
  readonly gatewayCounters?: CounterState;
  readonly judge: JudgeState;
};

/** What bookkeeping made of a poll: all that the judge is told, and the journal needs. */
export type PollOutcomes = {
  readonly pods: PollOutcome;
  readonly gateway?: PollOutcome;
  readonly restarts?: IncidentDelta;
  readonly readiness?: IncidentDelta;
};

export type Analysed = {
  readonly state: AnalysisState;
  readonly outcomes: PollOutcomes;
  readonly verdict: Verdict;
  /** What each pod added, for the estimate of dispersion and for people. */
  readonly growths: readonly PodGrowth[];
};

/** The state at the beginning of a release. */
export function initialAnalysis(params: AnalysisParams): AnalysisState {
  return { counters: initialCounters(), judge: initialJudge(params) };
}

/** Takes in one poll. Call it at every poll, in every phase; `params` must not change meanwhile. */
export function analyse(state: AnalysisState, poll: Poll, params: AnalysisParams): Analysed {
  const pods = params.pods === 'unread' ? undefined : countPoll(state.counters, poll, params);
  const { canaryWeightPercent, gateway: samples, readiness, restarts } = poll;
  const gateway =
    samples &&
    countPoll(
      state.gatewayCounters ?? initialCounters(),
      { canaryWeightPercent, samples },
      params,
    );
  const outcomes: PollOutcomes = {
    pods: pods?.outcome ?? { kind: 'unread' },
    ...(gateway === undefined ? {} : { gateway: gateway.outcome }),
    ...(restarts === undefined ? {} : { restarts }),
    ...(readiness === undefined ? {} : { readiness }),
  };
  const judged = judgeOutcomes(state.judge, outcomes, params);
  return {
    state: {
      counters: pods?.state ?? state.counters,
      ...(gateway === undefined ? {} : { gatewayCounters: gateway.state }),
      judge: judged.state,
    },
    outcomes,
    verdict: judged.verdict,
    growths: pods?.growths ?? [],
  };
}

/** The judgement alone, from what bookkeeping made of a poll; a journal is replayed with it. */
export function judgeOutcomes(
  state: JudgeState,
  { gateway, pods, readiness, restarts }: PollOutcomes,
  params: AnalysisParams,
): ReturnType<typeof judge> {
  let next = state;
  if (restarts) next = judgeIncidents(next, 'restarts', { delta: restarts, params });
  if (readiness) next = judgeIncidents(next, 'readiness', { delta: readiness, params });
  if (gateway) next = judgeGateway(next, gateway, params);
  // Where the pods' counters are not read, the gateway's are all there is.
  return judge(next, pods.kind === 'unread' && gateway ? gateway : pods, params);
}
