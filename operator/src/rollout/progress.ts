// How a step goes: when it began, what was reached in it, and when no progress is too little.
import { after, instant, type Instant } from '../lib/instant.ts';
import type { Context } from './context.ts';
import { availablePods } from './pods.ts';
import { planAt } from './steps.ts';
import type { ReleaseState, Stage, StepState } from './state.ts';

/** The stage with its step changed: a release that is promoting goes on doing so. */
export function tryingAt({ stage }: ReleaseState, step: StepState): Stage {
  return { kind: stage.kind === 'Promoting' ? 'Promoting' : 'Stepping', step };
}

export function enterStep(context: Context, index: number): StepState {
  const { candidate, now, snapshot, spec } = context;
  const available = candidate ? availablePods(candidate, spec.minReadySeconds, now) : 0;
  return {
    index,
    kind: planAt(spec, index).kind,
    startedAt: now,
    mark: available,
    markedAt: now,
    requestsBefore: snapshot.evidence.kind === 'judged' ? snapshot.evidence.canary.requests : 0,
    isPromoted: false,
  };
}

/* Progress is a count of available pods never reached before in this step. A count that rises again
   after a fall is no progress, or pods that flap would put the deadline off for ever. */
export function withMark(context: Context, step: StepState): StepState {
  const { candidate, now, spec } = context;
  const { waitingSince = now, ...rest } = { ...step, ...requestsBefore(context, step) };
  const seen = isWaitingForPods(context) ? { ...rest, waitingSince } : rest;
  const available = candidate ? availablePods(candidate, spec.minReadySeconds, now) : 0;
  return available > step.mark ? { ...seen, mark: available, markedAt: now } : seen;
}

/* When counting began anew (a lost state, other counters), the requests before it are not waited for. */
function requestsBefore({ snapshot: { evidence } }: Context, step: StepState) {
  if (evidence.kind === 'none' || evidence.verdict === 'noData') return {};
  return { requestsBefore: Math.min(step.requestsBefore, evidence.canary.requests) };
}

function isWaitingForPods({ candidate, now, spec }: Context): boolean {
  return (
    candidate !== undefined &&
    availablePods(candidate, spec.minReadySeconds, now) < candidate.desired
  );
}

/* The time in which nothing was missing is not held against a pod that is missing now. */
export function deadlineOf(context: Context, step: StepState): Instant | undefined {
  const { now, spec } = context;
  if (!isWaitingForPods(context) || spec.progressDeadlineSeconds === 0) return undefined;
  const since = instant(Math.max(step.markedAt, step.waitingSince ?? now));
  return after(since, spec.progressDeadlineSeconds * 1000);
}

export function lateReason(context: Context, step: StepState) {
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
