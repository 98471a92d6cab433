// From differences to a verdict. The order of the questions is the rule; each is asked at every
// poll.
import { type CeilingState, initialCeiling, stepCeiling } from './ceiling.ts';
import { type EProcessState, initialEProcess, logEvidence, stepEProcess } from './e-process.ts';
import { type Finding, explain } from './explain.ts';
import type { AnalysisParams } from './params.ts';
import { rateDifference } from './rate-difference.ts';
import type { PollDelta, PollOutcome } from './sample.ts';
import { type SilenceState, initialSilence, stepSilence } from './silence.ts';
import type { ArmCounts, Verdict, VerdictNumbers } from './verdict.ts';

/** Plain JSON, under 1 KB. */
export type JudgeState = {
  readonly errors: EProcessState;
  /** ln of the most evidence there ever was: a verdict that was reached stays reached. */
  readonly peakLogEvidence: number;
  readonly canary: ArmCounts;
  readonly stable: ArmCounts;
  readonly stableCeiling: CeilingState;
  readonly silence: SilenceState;
  /** Polls in a row without a canary request. */
  readonly quietPolls: number;
};

export type Judged = { readonly state: JudgeState; readonly verdict: Verdict };

/** More evidence than this is shown as this: JSON has no Infinity. */
const EVIDENCE_SHOWN_MAX = 1e12;

export function initialJudge(): JudgeState {
  return {
    errors: initialEProcess(),
    peakLogEvidence: 0,
    canary: { requests: 0, errors: 0 },
    stable: { requests: 0, errors: 0 },
    stableCeiling: initialCeiling(),
    silence: initialSilence(),
    quietPolls: 0,
  };
}

/**
 * Takes in what a poll added and says what it means. `params` stay the same for a whole release.
 */
export function judge(state: JudgeState, outcome: PollOutcome, params: AnalysisParams): Judged {
  const next = outcome.kind === 'delta' ? withDelta(state, outcome, params) : state;
  const numbers = numbersOf(next, params);
  const finding = findingOf(next, outcome, params);
  const sentence = explain(finding, numbers);
  return { state: next, verdict: verdictOf(finding, { numbers, sentence }) };
}

/** First answer wins: certain harm, silence, a shared outage, ignorance, and only then calm. */
function findingOf(
  state: JudgeState,
  outcome: PollOutcome,
  params: AnalysisParams,
): Finding {
  if (state.peakLogEvidence >= -Math.log(params.falseRollbackRate)) {
    return { kind: 'rollback', reason: 'EvidenceOfHarm' };
  }
  const { expectedRequests } = state.silence;
  if (expectedRequests >= params.silence.expectedRequests) {
    return { kind: params.silence.verdict, reason: 'CandidateSilent', expectedRequests };
  }
  if (outcome.kind === 'noData') {
    return { kind: 'noData', reason: outcome.reason, arm: outcome.arm, polls: outcome.polls };
  }
  if (state.stableCeiling.kind === 'above') return { kind: 'hold', reason: 'SharedOutage' };
  if (state.quietPolls >= params.quietPolls) {
    return { kind: 'noData', reason: 'NoTraffic', arm: 'canary', polls: state.quietPolls };
  }
  return { kind: 'continue' };
}

function verdictOf(
  finding: Finding,
  told: { readonly numbers: VerdictNumbers; readonly sentence: string },
): Verdict {
  switch (finding.kind) {
    case 'rollback':
      return { kind: 'rollback', reason: finding.reason, ...told };
    case 'hold':
      return { kind: 'hold', reason: finding.reason, ...told };
    case 'noData':
      return { kind: 'noData', reason: finding.reason, ...told };
    case 'continue':
      return { kind: 'continue', ...told };
  }
}

function withDelta(state: JudgeState, delta: PollDelta, params: AnalysisParams): JudgeState {
  const errorParams = errorParamsOf(params);
  const errors = stepEProcess(state.errors, delta, errorParams);
  const quiet = delta.canary.requests <= 0;
  return {
    errors,
    peakLogEvidence: Math.max(state.peakLogEvidence, logEvidence(errors, errorParams)),
    canary: plus(state.canary, delta.canary),
    stable: plus(state.stable, delta.stable),
    stableCeiling: stepCeiling(state.stableCeiling, delta.stable, params.stableErrorCeiling),
    silence: stepSilence(state.silence, delta),
    quietPolls: quiet ? state.quietPolls + 1 : 0,
  };
}

function numbersOf(state: JudgeState, params: AnalysisParams): VerdictNumbers {
  const { canary, stable } = state;
  const difference = rateDifference(canary, stable);
  const logNow = logEvidence(state.errors, errorParamsOf(params));
  const threshold = 1 / params.falseRollbackRate;
  // After the verdict, show the evidence it was reached with, not what later polls made of it.
  const reached = state.peakLogEvidence >= Math.log(threshold);
  const evidence = shown(reached ? state.peakLogEvidence : logNow);
  return {
    evidence,
    threshold,
    canary,
    stable,
    ...(difference === undefined ? {} : { errorRateDifference: difference }),
    signals: [{ signal: 'errors', weight: 1, evidence }],
  };
}

function errorParamsOf(params: AnalysisParams): Parameters<typeof logEvidence>[1] {
  return { ...params.errors, plannedPolls: params.plannedPolls };
}

function plus(a: ArmCounts, b: ArmCounts): ArmCounts {
  return { requests: a.requests + b.requests, errors: a.errors + b.errors };
}

function shown(logEvidenceNow: number): number {
  return Math.min(EVIDENCE_SHOWN_MAX, Math.exp(logEvidenceNow));
}
