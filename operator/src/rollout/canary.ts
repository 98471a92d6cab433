// The way forward: from the first step to the promotion. Advances only on what the snapshot shows.
import { after, type Instant } from '../lib/instant.ts';
import type { Reason } from '../api/reasons.ts';
import { type Context, withState } from './context.ts';
import type { Decision, Effect } from './decision.ts';
import { earlierOf, evidenceSentence, stepSentence } from './explain.ts';
import { type Exposure, expose, optional } from './exposure.ts';
import { candidateFailure } from './failures.ts';
import { availablePods, livePods, readyPods } from './pods.ts';
import { beginRollback } from './rollback.ts';
import { planAt, weightAt } from './steps.ts';
import type { WeightedView } from './snapshot.ts';
import type { ReleaseState, StepState } from './state.ts';

/** More steps than this cannot pass in one decision; the list of steps is shorter. */
const STEPS_AT_ONCE_MAX = 40;

export function decideStepping(context: Context, step: StepState): Decision {
  const failure = candidateFailure(context);
  if (failure.kind === 'certain') return beginRollback(context, { ...failure, outcome: 'failed' });
  if (failure.kind === 'hold') return hold(context, { step, ...failure, weight: undefined });

  const verdict = evidenceAgainst(context);
  if (verdict) return beginRollback(context, { ...verdict, outcome: 'failed' });

  const marked = withMark(context, step);
  const late = lateReason(context, marked);
  if (late) return beginRollback(context, { ...late, outcome: 'failed' });

  const unready = lostReadiness(context, marked);
  const passing = failure.kind === 'mayPass' ? failure : unready;
  if (passing) return decideInGrace(context, marked, passing);
  return advance(clearGrace(context), marked);
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
    step = enterStep(context, step.index + 1);
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
  if (!exposure.isReached) {
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

function reasonToWait({ snapshot: { traffic }, state }: Context): Reason {
  if (traffic.kind !== 'weighted' || traffic.route.weight !== state.weight.desired)
    return 'Scaling';
  return traffic.route.acceptance.kind === 'refused' ? 'RouteNotAccepted' : 'Scaling';
}

function verifyOutcome(
  context: Context,
  step: StepState,
  verify: {
    seconds: number;
    requests: number;
    deadlineSeconds: number;
    onDeadline: 'hold' | 'promote' | 'rollback';
  },
): StepOutcome {
  const { now, snapshot } = context;
  const end = after(step.startedAt, verify.seconds * 1000);
  const evidence = snapshot.evidence;
  if (evidence.kind === 'none') {
    return now >= end
      ? { kind: 'passed' }
      : { kind: 'waiting', reason: 'StepStarted', isHeld: false, wakeAt: end };
  }
  const counted = Math.max(0, evidence.canary.requests - step.requestsBefore);
  const isEnough = evidence.verdict === 'continue' && counted >= verify.requests;
  if (now >= end && isEnough) return { kind: 'passed' };
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
      message: `${counted} of ${verify.requests} requests counted within ${verify.deadlineSeconds} s`,
    };
  }
  return { kind: 'waiting', reason: 'NoEvidence', isHeld: true };
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
    next: { ...context.state, stage: { kind: 'Stepping', step } },
    // Held in the middle of a move: nothing more is moved, least of all traffic.
    effects: held && !exposure.isReached ? [] : exposure.effects,
    ...optional('wakeAt', wakeAt),
    phase: isHeld || isPausing ? 'Paused' : 'Progressing',
    reason,
    message: stepSentence(context, { step, exposure, reason }),
  };
}

/* After the last step. With a router the new version must carry everything through the canary
   Service before the stable Service is pointed at it, and only then may the weight go back to 0:
   canary 100 -> stable Service to the new pods -> weight 0 -> the old set goes down. */
function finish(context: Context, step: StepState): Decision {
  const { traffic } = context.snapshot;
  if (traffic.kind === 'weighted' && context.candidate) {
    return finishByRoute(context, step, traffic);
  }
  const exposure = expose(context, 100);
  const next = withState(context, { ...context.state, weight: exposure.weight });
  if (exposure.isReached && context.candidate) return promoted(next);
  return promoting(next, step, {
    effects: exposure.effects,
    waitingFor: exposure.waitingFor,
    ...optional('wakeAt', exposure.wakeAt),
  });
}

interface FinishStep {
  readonly effects: readonly Effect[];
  readonly waitingFor: string;
  readonly wakeAt?: Instant;
}

function finishByRoute(context: Context, step: StepState, traffic: WeightedView): Decision {
  const candidate = context.candidate;
  const isSwitched = candidate !== undefined && traffic.stable.hash === candidate.hash;
  if (!candidate || !isSwitched) {
    const exposure = expose(context, 100);
    const next = withState(context, { ...context.state, weight: exposure.weight });
    if (!exposure.isReached || !candidate) {
      return promoting(next, step, {
        effects: exposure.effects,
        waitingFor: exposure.waitingFor,
        ...optional('wakeAt', exposure.wakeAt),
      });
    }
    return promoting(next, step, {
      effects: [{ kind: 'pointService', role: 'stable', hash: candidate.hash }],
      waitingFor: 'the stable Service to point at the new pods',
    });
  }
  // The stable Service already names the new pods: from here on the candidate plays both roles.
  const ready = new Set(
    livePods(candidate)
      .filter((pod) => pod.isReady)
      .map((pod) => pod.name),
  );
  const endpoints = traffic.stable.readyPods;
  const isEndpointsRight =
    endpoints.length >= Math.min(ready.size, context.bounds.replicas) &&
    endpoints.length > 0 &&
    endpoints.every((name) => ready.has(name));
  if (!isEndpointsRight && traffic.route.weight !== 0) {
    return promoting(context, step, {
      effects: [],
      waitingFor: 'the endpoints of the stable Service',
    });
  }
  const swapped = switchedContext(context);
  const exposure = expose(swapped, 0);
  const next = withState(context, {
    ...context.state,
    weight: { ...exposure.weight, observed: 100 },
  });
  if (exposure.isReached) return promoted(next);
  return promoting(next, step, {
    effects: exposure.effects,
    waitingFor: exposure.waitingFor,
    ...optional('wakeAt', exposure.wakeAt),
  });
}

/* The same world seen with the candidate as stable and nothing being tried. */
function switchedContext(context: Context): Context {
  const { candidate, stable: _old, state, ...rest } = context;
  const calm = { ...state, stage: { kind: 'Idle' as const } };
  return { ...rest, state: calm, ...(candidate ? { stable: candidate } : {}) };
}

function promoting(
  context: Context,
  step: StepState,
  { effects, waitingFor, wakeAt }: FinishStep,
): Decision {
  const isMoving = context.state.stage.kind === 'Promoting';
  return {
    next: { ...context.state, stage: { kind: 'Promoting', step } },
    effects,
    ...optional('wakeAt', earlierOf(wakeAt, deadlineOf(context, step))),
    phase: 'Progressing',
    reason: 'Promoting',
    message: `all steps passed${isMoving || waitingFor ? `; waiting for ${waitingFor || 'the switch'}` : ''}`,
  };
}

function promoted(context: Context): Decision {
  const { candidate, now, snapshot, stable, state } = context;
  if (!candidate || !state.candidate) throw new Error('promoted without a candidate');
  const marks: Effect[] = [
    {
      kind: 'markSet',
      set: { name: candidate.name, uid: candidate.uid },
      mark: { outcome: 'stable', reason: 'Promoted' },
    },
  ];
  if (stable && stable.desired > 0) {
    marks.push({
      kind: 'scaleSet',
      set: { name: stable.name, uid: stable.uid },
      from: stable.desired,
      to: 0,
      mark: { outcome: 'superseded', reason: 'Promoted' },
    });
  }
  const { evidence } = snapshot;
  const { candidate: id, grace: _grace, startedAt, ...rest } = state;
  const next: ReleaseState = {
    ...rest,
    stable: id,
    stage: { kind: 'Idle' },
    weight: { desired: 0, observed: 0 },
    history: [
      {
        revision: id.revision,
        outcome: 'Promoted' as const,
        reason: 'Promoted',
        message: evidence.kind === 'judged' ? evidenceSentence(evidence) : 'all steps passed',
        finishedAt: new Date(now).toISOString(),
        ...optional(
          'startedAt',
          startedAt === undefined ? undefined : new Date(startedAt).toISOString(),
        ),
        images: [...id.images],
        ...(evidence.kind === 'judged' ? evidence.canary : {}),
      },
      ...state.history,
    ].slice(0, 10),
  };
  return {
    next,
    effects: marks,
    phase: 'Healthy',
    reason: 'Promoted',
    message: `revision ${id.revision} serves everything`,
  };
}

export function enterStep(context: Context, index: number): StepState {
  const { candidate, now, snapshot, spec } = context;
  const available = candidate ? availablePods(candidate, spec.minReadySeconds, now) : 0;
  return {
    index,
    startedAt: now,
    mark: available,
    markedAt: now,
    requestsBefore: snapshot.evidence.kind === 'judged' ? snapshot.evidence.canary.requests : 0,
    isPromoted: false,
  };
}

/* Progress is a count of available pods never reached before in this step. A count that rises again
   after a fall is no progress, or pods that flap would put the deadline off for ever. */
function withMark(context: Context, step: StepState): StepState {
  const { candidate, now, spec } = context;
  const available = candidate ? availablePods(candidate, spec.minReadySeconds, now) : 0;
  return available > step.mark ? { ...step, mark: available, markedAt: now } : step;
}

function isWaitingForPods({ candidate, now, spec }: Context): boolean {
  return (
    candidate !== undefined &&
    availablePods(candidate, spec.minReadySeconds, now) < candidate.desired
  );
}

function deadlineOf(context: Context, step: StepState): Instant | undefined {
  if (!isWaitingForPods(context) || context.spec.progressDeadlineSeconds === 0) return undefined;
  return after(step.markedAt, context.spec.progressDeadlineSeconds * 1000);
}

function lateReason(context: Context, step: StepState) {
  const deadline = deadlineOf(context, step);
  const { candidate, now, spec } = context;
  if (deadline === undefined || now < deadline || !candidate) return undefined;
  const available = availablePods(candidate, spec.minReadySeconds, now);
  return {
    reason: 'ProgressDeadlineExceeded' as const,
    message:
      `${available} of ${candidate.desired} candidate pods ready, ` +
      `no further one within ${spec.progressDeadlineSeconds} s`,
  };
}

interface Passing {
  readonly reason: Reason;
  readonly message: string;
}

/* Pods that had been available in this step, or carried weight, and are not any more. */
function lostReadiness(
  { candidate, now, spec, state }: Context,
  step: StepState,
): Passing | undefined {
  if (!candidate) return undefined;
  const available = availablePods(candidate, spec.minReadySeconds, now);
  if (available >= step.mark || available >= candidate.desired) return undefined;
  if (state.weight.observed === 0 && step.mark === 0) return undefined;
  return {
    reason: 'ReadinessLost',
    message: `${available} candidate pods ready, ${step.mark} were`,
  };
}

/* A failure that may pass: nothing advances. Users are taken away when too few pods answer them. */
function decideInGrace(context: Context, step: StepState, failure: Passing): Decision {
  const { now, spec, state } = context;
  const grace =
    state.grace?.reason === failure.reason ? state.grace : { reason: failure.reason, since: now };
  const end = after(grace.since, spec.startGraceSeconds * 1000);
  if (now >= end) return beginRollback(context, { ...failure, outcome: 'failed' });
  const inGrace = withState(context, { ...state, grace });
  return hold(inGrace, {
    step,
    ...failure,
    weight: readyPods(context.candidate) === 0 ? 0 : undefined,
    wakeAt: end,
  });
}

interface Hold extends Passing {
  readonly step: StepState;
  /** Weight to go back to meanwhile; undefined keeps the split as it is. */
  readonly weight: number | undefined;
  readonly wakeAt?: Instant;
}

function hold(context: Context, { step, reason, message, weight, wakeAt }: Hold): Decision {
  const isExposed =
    context.snapshot.traffic.kind === 'weighted' &&
    (context.snapshot.traffic.route.weight ?? 0) > 0;
  const effects: Effect[] = weight === 0 && isExposed ? [{ kind: 'setWeight', weight: 0 }] : [];
  const growth = weight === undefined ? [] : effects;
  const started = context.candidate
    ? growth
    : expose(context, weightAt(context.spec, step.index)).effects;
  return {
    next: { ...context.state, stage: { kind: 'Stepping', step } },
    effects: started,
    ...optional('wakeAt', earlierOf(wakeAt, deadlineOf(context, step))),
    phase: reason === 'SharedCause' || reason === 'QuotaExceeded' ? 'Paused' : 'Progressing',
    reason,
    message,
  };
}

function clearGrace(context: Context): Context {
  if (!context.state.grace) return context;
  const { grace: _passed, ...rest } = context.state;
  return withState(context, rest);
}

function holdReason({ spec, state }: Context): Reason | undefined {
  if (spec.paused) return 'PausedBySpec';
  return state.pausedBy ? 'PausedByAction' : undefined;
}

function evidenceAgainst({ snapshot }: Context) {
  const { evidence } = snapshot;
  if (evidence.kind !== 'judged' || evidence.verdict !== 'rollback') return undefined;
  const reason: Reason = evidence.reason === 'CandidateSilent' ? 'CandidateSilent' : 'ChecksFailed';
  return { reason, message: evidence.sentence };
}
