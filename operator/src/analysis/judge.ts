// From differences to a verdict. The order of the questions is the rule; each is asked at every
// poll.
import {
  type CeilingState,
  type UsualState,
  ceilingOf,
  initialCeiling,
  initialUsual,
  isCalm,
  stepCeiling,
  stepRecovery,
  stepUsual,
} from './ceiling.ts';
import { type ExcessState, initialExcess, stepExcess } from './excess.ts';
import { type Finding, explain } from './explain.ts';
import { type LogSignal, mergedLogEvidence } from './merge.ts';
import { slownessOf } from './latency.ts';
import type { AnalysisParams } from './params.ts';
import {
  type PromotionState,
  initialPromotion,
  logPromotion,
  stepPromotion,
} from './promotion-signal.ts';
import { rateDifference } from './rate-difference.ts';
import type { RateParams } from './rate-signal.ts';
import { type RescueState, initialRescue, isStableWorse, stepRescue } from './rescue.ts';
import type { IncidentDelta, PollDelta, PollOutcome } from './sample.ts';
import {
  type IncidentSignal,
  type SignalsState,
  initialSignals,
  logSignals,
  stepGateway,
  stepIncidentSignal,
  stepRequests,
} from './signals.ts';
import { type SilenceState, initialSilence, stepSilence } from './silence.ts';
import type { ArmCounts, StableHealth, Verdict, VerdictNumbers } from './verdict.ts';

/** Plain JSON; under 1 KB without latency, which adds about as much again. */
export type JudgeState = {
  readonly signals: SignalsState;
  readonly promotion?: PromotionState;
  readonly rescue: RescueState;
  readonly excess?: ExcessState;
  /** ln of the most evidence there ever was: a verdict that was reached stays reached. */
  readonly peakLogEvidence: number;
  readonly canary: ArmCounts;
  readonly stable: ArmCounts;
  /** What the gateway's proxies counted, where they are read. */
  readonly gateway?: { readonly canary: ArmCounts; readonly stable: ArmCounts };
  readonly stableUsual: UsualState;
  readonly stableCeiling: CeilingState;
  readonly canaryCeiling: CeilingState;
  readonly silence: SilenceState;
  /** Polls in a row without a canary request. */
  readonly quietPolls: number;
};

export type Judged = { readonly state: JudgeState; readonly verdict: Verdict };

/** More evidence than this is shown as this: JSON has no Infinity. */
const EVIDENCE_SHOWN_MAX = 1e12;

const NOTHING: ArmCounts = { requests: 0, errors: 0 };

export function initialJudge(params: AnalysisParams): JudgeState {
  return {
    signals: initialSignals(params),
    ...(params.promotion === undefined
      ? {}
      : { promotion: initialPromotion(params.errors.method) }),
    rescue: initialRescue(),
    ...(params.pace === undefined ? {} : { excess: initialExcess(params) }),
    peakLogEvidence: 0,
    canary: NOTHING,
    stable: NOTHING,
    stableUsual: initialUsual(),
    stableCeiling: initialCeiling(),
    canaryCeiling: initialCeiling(),
    silence: initialSilence(),
    quietPolls: 0,
  };
}

/**
 * Takes in what a poll added and says what it means. `params` stay the same for a whole release.
 */
export function judge(state: JudgeState, outcome: PollOutcome, params: AnalysisParams): Judged {
  const counted = counting(state, outcome, params);
  // Once per poll: with histograms this is most of what a verdict costs.
  const signals = logSignals(counted.signals, params);
  const logEvidence = mergedLogEvidence(signals);
  const peakLogEvidence = Math.max(counted.peakLogEvidence, logEvidence);
  const next = { ...counted, peakLogEvidence };
  const numbers = numbersOf(next, { signals, logEvidence, params });
  const finding = findingOf(next, outcome, params);
  const sentence = explain(finding, numbers);
  const stableHealth = healthOf(next.stableCeiling);
  return { state: next, verdict: verdictOf(finding, { numbers, sentence, stableHealth }) };
}

/** Takes in crashes or losses of readiness; the `judge` of the same poll weighs them. */
export function judgeIncidents(
  state: JudgeState,
  signal: IncidentSignal,
  told: { readonly delta: IncidentDelta; readonly params: AnalysisParams },
): JudgeState {
  return { ...state, signals: stepIncidentSignal(state.signals, signal, told) };
}

/** Takes in what the gateway's proxies counted; the `judge` of the same poll weighs it. */
export function judgeGateway(
  state: JudgeState,
  outcome: PollOutcome,
  params: AnalysisParams,
): JudgeState {
  if (params.gateway === 'absent' || outcome.kind !== 'delta') return state;
  const { canary, stable } = state.gateway ?? { canary: NOTHING, stable: NOTHING };
  const gateway = { canary: plus(canary, outcome.canary), stable: plus(stable, outcome.stable) };
  return { ...state, gateway, signals: stepGateway(state.signals, outcome, params) };
}

function healthOf(ceiling: CeilingState): StableHealth {
  if (ceiling.kind === 'above') return 'failing';
  return isCalm(ceiling) ? 'calm' : 'uneasy';
}

/** First answer wins: certain harm, silence, ignorance, a shared outage, and only then calm. */
function findingOf(state: JudgeState, outcome: PollOutcome, params: AnalysisParams): Finding {
  if (state.peakLogEvidence >= -Math.log(params.falseRollbackRate)) {
    return { kind: 'rollback', reason: 'EvidenceOfHarm' };
  }
  const { expectedRequests } = state.silence;
  if (expectedRequests >= params.silence.expectedRequests) {
    const source = sourceOf(params);
    return { kind: params.silence.verdict, reason: 'CandidateSilent', expectedRequests, source };
  }
  if (outcome.kind === 'noData') {
    const { arm, polls, reason } = outcome;
    return { kind: 'noData', reason, arm, polls, source: sourceOf(params) };
  }
  if (outcome.kind === 'unread') return { kind: 'continue' };
  if (state.stableCeiling.kind === 'above') {
    const isWorse = state.canaryCeiling.kind === 'below' && isStableWorse(state.rescue, params);
    return { kind: 'hold', reason: isWorse ? 'StableWorse' : 'SharedOutage' };
  }
  if (state.quietPolls >= params.quietPolls) {
    const source = sourceOf(params);
    return { kind: 'noData', reason: 'NoTraffic', arm: 'canary', polls: state.quietPolls, source };
  }
  return isGoodEnough(state, outcome, params) ? { kind: 'promote' } : { kind: 'continue' };
}

/* Whose counters are compared: without the pods' own, the gateway's. */
function sourceOf({ pods }: AnalysisParams): 'pods' | 'gateway' {
  return pods === 'scraped' ? 'pods' : 'gateway';
}

/**
 * Shown not to be worse, not above the ceiling in absolute terms either, and that while stable shows
 * no sign of trouble.
 */
function isGoodEnough(state: JudgeState, outcome: PollOutcome, params: AnalysisParams): boolean {
  if (params.promotion === undefined || state.promotion === undefined) return false;
  const needed = -Math.log(params.promotion.falsePromotionRate);
  const isShown = logPromotion(state.promotion, promotionParams(params, params.promotion)) >= needed;
  const calm = isCalm(state.stableCeiling) && state.canaryCeiling.kind === 'below';
  return isShown && calm && outcome.kind === 'delta';
}

function verdictOf(
  finding: Finding,
  told: Pick<Verdict, 'numbers' | 'sentence' | 'stableHealth'>,
): Verdict {
  switch (finding.kind) {
    case 'rollback':
      return { kind: 'rollback', reason: finding.reason, ...told };
    case 'hold':
      return { kind: 'hold', reason: finding.reason, ...told };
    case 'noData':
      return { kind: 'noData', reason: finding.reason, ...told };
    case 'promote':
    case 'continue':
      return { kind: finding.kind, ...told };
  }
}

function counting(state: JudgeState, outcome: PollOutcome, params: AnalysisParams): JudgeState {
  if (outcome.kind === 'delta') return withDelta(state, outcome, params);
  if (outcome.kind !== 'noData' || outcome.stable === undefined) return state;
  const ceiling = ceilingOf(state.stableUsual, params.stableErrorCeiling);
  return { ...state, stableCeiling: stepRecovery(state.stableCeiling, outcome.stable, ceiling) };
}

function withDelta(state: JudgeState, delta: PollDelta, params: AnalysisParams): JudgeState {
  const { promotion } = params;
  const ceiling = ceilingOf(state.stableUsual, params.stableErrorCeiling);
  const stableCeiling = stepCeiling(state.stableCeiling, delta.stable, ceiling);
  const isUsual = stableCeiling.kind === 'below';
  const next: JudgeState = {
    ...state,
    signals: params.pods === 'unread' ? state.signals : stepRequests(state.signals, delta, params),
    canary: plus(state.canary, delta.canary),
    stable: plus(state.stable, delta.stable),
    stableUsual: isUsual ? stepUsual(state.stableUsual, delta.stable) : state.stableUsual,
    stableCeiling,
    canaryCeiling: stepCeiling(state.canaryCeiling, delta.canary, ceiling),
    rescue: stepRescue(state.rescue, delta, params),
    ...excessStep(state, delta, params),
    silence: stepSilence(state.silence, delta),
    quietPolls: delta.canary.requests <= 0 ? state.quietPolls + 1 : 0,
  };
  if (promotion === undefined) return next;
  const before = state.promotion ?? initialPromotion(params.errors.method);
  const after = stepPromotion(before, delta, promotionParams(params, promotion));
  return { ...next, promotion: after };
}

function excessStep(
  { excess }: JudgeState,
  delta: PollDelta,
  params: AnalysisParams,
): Pick<JudgeState, 'excess'> {
  if (params.pace === undefined) return {};
  return { excess: stepExcess(excess ?? initialExcess(params), delta, params) };
}

function promotionParams(
  { errors: { method }, plannedPolls }: AnalysisParams,
  { margin, ratio }: NonNullable<AnalysisParams['promotion']>,
): RateParams {
  return { ratio, margin, method, plannedPolls };
}

interface Weighed {
  readonly signals: readonly LogSignal[];
  readonly logEvidence: number;
  readonly params: AnalysisParams;
}

function numbersOf(
  state: JudgeState,
  { logEvidence: logNow, params, signals }: Weighed,
): VerdictNumbers {
  const { canary, stable } = state;
  const difference = rateDifference(canary, stable);
  const threshold = 1 / params.falseRollbackRate;
  // After the verdict, show the evidence it was reached with, not what later polls made of it.
  const reached = state.peakLogEvidence >= Math.log(threshold);
  return {
    evidence: shown(reached ? state.peakLogEvidence : logNow),
    threshold,
    canary,
    stable,
    ...(state.gateway === undefined ? {} : { gateway: state.gateway }),
    ...shownSignals(state.signals),
    ...(difference === undefined ? {} : { errorRateDifference: difference }),
    signals: signals.map(({ signal, weight, logEvidence }) => ({
      signal,
      weight,
      evidence: shown(logEvidence),
    })),
    ...promotionNumbers(state, params),
  };
}

function promotionNumbers(
  state: JudgeState,
  params: AnalysisParams,
): Pick<VerdictNumbers, 'promotion'> {
  if (params.promotion === undefined || state.promotion === undefined) return {};
  const evidence = shown(logPromotion(state.promotion, promotionParams(params, params.promotion)));
  return { promotion: { evidence, threshold: 1 / params.promotion.falsePromotionRate } };
}

function shownSignals({
  latency,
  readiness,
  restarts,
}: SignalsState): Pick<VerdictNumbers, 'slowness' | 'restarts' | 'readiness'> {
  const slowness = latency && slownessOf(latency);
  return {
    ...(slowness === undefined ? {} : { slowness }),
    ...(restarts === undefined ? {} : { restarts: restarts.seen }),
    ...(readiness === undefined ? {} : { readiness: readiness.seen }),
  };
}

function plus(a: ArmCounts, b: ArmCounts): ArmCounts {
  return { requests: a.requests + b.requests, errors: a.errors + b.errors };
}

function shown(logEvidence: number): number {
  return Math.min(EVIDENCE_SHOWN_MAX, Math.exp(logEvidence));
}
