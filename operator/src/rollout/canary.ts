// The way forward: from the first step to the promotion. Advances only on what the snapshot shows.
import { after, type Instant } from '../lib/instant.ts';
import { judgeQueries } from '../analysis/queries.ts';
import type { VerifySpec } from '../api/app-release.ts';
import type { Reason } from '../api/reasons.ts';
import { type Context, withState } from './context.ts';
import type { Decision } from './decision.ts';
import { earlierOf, stepSentence } from './explain.ts';
import { optional } from '../lib/optional.ts';
import type { Exposure } from './exposure-result.ts';
import { expose, keepSplit } from './exposure.ts';
import { candidateFailure, lastWords } from './failures.ts';
import {
  clearGrace,
  decideInGrace,
  holdForOthers,
  losesReadinessToo,
  lostReadiness,
  type Passing,
} from './grace.ts';
import { answerOutage } from './outage.ts';
import { deadlineOf, enterStep, lateReason, tryingAt, withMark } from './progress.ts';
import { livePods } from './pods.ts';
import { finish, isSwitched } from './promotion.ts';
import { beginRollback } from './rollback.ts';
import { type StepPlan, nextIndex, planAt, stepsOf, weightAt } from './steps.ts';
import type { EvidenceView } from './snapshot.ts';
import type { StepState } from './state.ts';

/** More steps than this cannot pass in one decision; the list of steps is shorter. */
const STEPS_AT_ONCE_MAX = 40;

export function decideStepping(context: Context, step: StepState): Decision {
  const harm = certainHarm(context);
  if (harm) return beginRollback(context, { ...harm, outcome: 'failed' });
  const failure = candidateFailure(context);
  if (failure.kind === 'hold') return holdForOthers(context, step, failure);

  const marked = withMark(context, step);
  const passing = failure.kind === 'mayPass' ? failure : lostReadiness(context, marked);
  if (passing?.reason === 'ReadinessLost' && losesReadinessToo(context)) {
    const message = `stable pods are not ready either: ${passing.message}`;
    return holdForOthers(context, marked, { reason: 'SharedCause', message });
  }
  if (passing) return decideInGrace(context, marked, passing);
  const clear = clearGrace(context, marked);
  const late = lateReason(clear.context, clear.step);
  if (late) return beginRollback(context, { ...late, outcome: 'failed' });
  const answer = answerOutage(clear.context, clear.step);
  return answer.kind === 'decided' ? answer.decision : advance(answer.context, answer.step);
}

/** Why the candidate is to be taken back at once, whatever else is the matter. */
export function certainHarm(context: Context): Passing | undefined {
  const failure = candidateFailure(context);
  if (failure.kind === 'certain') return failure;
  return evidenceAgainst(context) ?? queriesAgainst(context);
}

/** Goes on as far as the snapshot shows steps to be done, then asks for what the next one needs. */
function advance(from: Context, first: StepState): Decision {
  let context = from;
  let step = first;
  for (let passed = 0; passed < STEPS_AT_ONCE_MAX; passed += 1) {
    const held = holdReason(context);
    if (planAt(context.spec, step.index).kind === 'finish' && !held) return finish(context, step);
    const exposure = expose(context, weightAt(context.spec, step.index));
    context = withState(context, { ...context.state, weight: exposure.weight });
    const outcome = stepOutcome(context, step, exposure);
    if (outcome.kind === 'rollback')
      return beginRollback(context, { ...outcome, outcome: 'failed' });
    if (held || outcome.kind === 'waiting') return waiting(context, step, exposure);
    step = enterStep(context, nextIndex(context.spec, step.index, allowedWeight(context)));
  }
  return waiting(context, step, expose(context, weightAt(context.spec, step.index)));
}

type StepOutcome =
  | { readonly kind: 'passed' }
  | {
      readonly kind: 'waiting';
      readonly wakeAt?: Instant;
      readonly reason: Reason;
      readonly isHeld: boolean;
    }
  | { readonly kind: 'rollback'; readonly reason: Reason; readonly message: string };

function stepOutcome(context: Context, step: StepState, exposure: Exposure): StepOutcome {
  const plan = planAt(context.spec, step.index);
  if (!exposure.isReached && !(exposure.isExceeded && isHolding(plan))) {
    return {
      kind: 'waiting',
      reason: reasonToWait(context),
      isHeld: false,
      ...optional('wakeAt', exposure.wakeAt),
    };
  }
  if (plan.kind === 'weight') return { kind: 'passed' };
  if (step.isPromoted) return { kind: 'passed' };
  if (plan.kind === 'pause') {
    if (plan.seconds === undefined) return { kind: 'waiting', reason: 'PauseStep', isHeld: true };
    const end = after(step.startedAt, plan.seconds * 1000);
    return context.now >= end
      ? { kind: 'passed' }
      : { kind: 'waiting', reason: 'PauseStep', isHeld: false, wakeAt: end };
  }
  if (plan.kind === 'verify') return verifyOutcome(context, step, plan.verify);
  return { kind: 'waiting', reason: 'Promoting', isHeld: false };
}

/* A step that only holds was reached before it began: what has come since then belongs to a further
   one, if this one has passed. If not, it is taken back. */
function isHolding({ kind }: StepPlan): boolean {
  return kind === 'verify' || kind === 'pause';
}

function reasonToWait({ snapshot: { traffic }, state }: Context): Reason {
  if (traffic.kind !== 'weighted' || traffic.route.weight !== state.weight.desired)
    return 'Scaling';
  return traffic.route.acceptance.kind === 'refused' ? 'RouteNotAccepted' : 'Scaling';
}

function verifyOutcome(
  context: Context,
  step: StepState,
  verify: VerifySpec,
): StepOutcome {
  const { now, snapshot } = context;
  const end = after(step.startedAt, verify.seconds * 1000);
  const evidence = snapshot.evidence;
  const queries = judgeQueries(snapshot.queries);
  // Without numbers there is nothing to wait for but time; readiness and crashes are judged anyhow.
  const isUncounted =
    evidence.kind === 'none' || (evidence.basis === 'pods' && evidence.verdict === 'continue');
  if (isUncounted && queries.kind === 'pass') {
    return now >= end
      ? { kind: 'passed' }
      : { kind: 'waiting', reason: 'StepStarted', isHeld: false, wakeAt: end };
  }
  const requests = evidence.kind === 'none' ? 0 : evidence.canary.requests;
  const counted = Math.max(0, requests - step.requestsBefore);
  const isShown = isUncounted || isShownBy(context, { step, verify, counted });
  if (now >= end && isShown && queries.kind === 'pass') return { kind: 'passed' };
  const deadline = after(step.startedAt, Math.max(verify.seconds, verify.deadlineSeconds) * 1000);
  if (now < deadline) {
    const wakeAt = now < end ? end : deadline;
    return { kind: 'waiting', reason: 'StepStarted', isHeld: false, wakeAt };
  }
  if (verify.onDeadline === 'promote') return { kind: 'passed' };
  if (verify.onDeadline === 'rollback') {
    return {
      kind: 'rollback',
      reason: 'NoDataAtDeadline',
      message: isShown
        ? `${queries.sentence}, ${verify.deadlineSeconds} s after the step began`
        : shortfall(verify, counted),
    };
  }
  return { kind: 'waiting', reason: 'NoEvidence', isHeld: true };
}

interface Counted {
  readonly step: StepState;
  readonly verify: VerifySpec;
  /** Requests of the candidate since the step began. */
  readonly counted: number;
}

function isShownBy(context: Context, { counted, step, verify }: Counted): boolean {
  const { evidence } = context.snapshot;
  if (evidence.kind === 'none') return false;
  return isEnough(evidence.verdict, verify, counted) || isPaced(context, step);
}

/* With a pace the next weight is reached as soon as its worst case is within the budget; before the
   last one it takes evidence that the candidate is good enough, as everywhere. */
function isPaced(context: Context, { index }: StepState): boolean {
  const { snapshot, spec } = context;
  const next = stepsOf(spec)[index + 1]?.weight;
  const { evidence } = snapshot;
  if (!spec.strategy.canary?.pace || next === undefined || evidence.kind !== 'judged') return false;
  const isCalm = evidence.verdict === 'continue' || evidence.verdict === 'promote';
  return isCalm && allowedWeight(context) >= next;
}

function allowedWeight({ snapshot: { evidence } }: Context): number {
  return evidence.kind === 'judged' ? (evidence.pace?.allowedWeight ?? 0) : 0;
}

/* Evidence that the candidate is good enough includes that nothing speaks against it. */
function isEnough(
  verdict: Extract<EvidenceView, { kind: 'judged' }>['verdict'],
  { requests, until }: VerifySpec,
  counted: number,
): boolean {
  const isShown = verdict === 'promote' || (until === 'time' && verdict === 'continue');
  return isShown && counted >= requests;
}

function shortfall({ deadlineSeconds, requests, until }: VerifySpec, counted: number): string {
  const within = `within ${deadlineSeconds} s`;
  if (until === 'time' || counted < requests) {
    return `${counted} of ${requests} requests counted ${within}`;
  }
  return `not shown to be good enough ${within}, after ${counted} requests`;
}

function waiting(context: Context, step: StepState, exposure: Exposure): Decision {
  const outcome = stepOutcome(context, step, exposure);
  const held = holdReason(context);
  const isHeld = held !== undefined || (outcome.kind === 'waiting' && outcome.isHeld);
  const reason = held ?? (outcome.kind === 'waiting' ? outcome.reason : 'StepStarted');
  const plan = planAt(context.spec, step.index);
  const isPausing = plan.kind === 'pause' && exposure.isReached;
  const wakeAt = earlierOf(
    exposure.wakeAt,
    outcome.kind === 'waiting' ? outcome.wakeAt : undefined,
    deadlineOf(context, step),
  );
  return {
    next: { ...context.state, stage: tryingAt(context.state, step) },
    // Held in the middle of a move: nothing more is moved, least of all traffic.
    effects: held ? keepSplit(context, weightAt(context.spec, step.index)) : exposure.effects,
    ...optional('wakeAt', wakeAt),
    phase: isHeld || isPausing ? 'Paused' : 'Progressing',
    reason,
    message: stepSentence(context, { step, exposure, reason }),
  };
}

/* The last turn of a release is not held: half of it done, nobody could say which side is stable. */
function holdReason(context: Context): Reason | undefined {
  const { spec, state } = context;
  if (isSwitched(context)) return undefined;
  if (spec.paused) return 'PausedBySpec';
  return state.pausedBy ? 'PausedByAction' : undefined;
}

function evidenceAgainst({ candidate, snapshot }: Context) {
  const { evidence } = snapshot;
  if (evidence.kind !== 'judged' || evidence.verdict !== 'rollback') return undefined;
  const reason: Reason = evidence.reason === 'CandidateSilent' ? 'CandidateSilent' : 'ChecksFailed';
  return { reason, message: `${evidence.sentence}${lastWords(candidate ? livePods(candidate) : [])}` };
}

/* As harm that is certain: the values were bad as often in a row as their author asked for. */
function queriesAgainst({ snapshot }: Context): Passing | undefined {
  const { kind, sentence } = judgeQueries(snapshot.queries);
  return kind === 'rollback' ? { reason: 'ChecksFailed', message: sentence } : undefined;
}
