// Troubles that may pass, and troubles of others: nothing advances meanwhile. A grace that ends is
// forgotten, one that lasts becomes a rollback.
import type { Reason } from '../api/reasons.ts';
import { after, type Instant } from '../lib/instant.ts';
import { type Context, withState } from './context.ts';
import type { Decision } from './decision.ts';
import { keepSplit } from './exposure.ts';
import { availablePods, readyPods } from './pods.ts';
import { tryingAt } from './progress.ts';
import { beginRollback } from './rollback.ts';
import { weightAt } from './steps.ts';
import type { SetView } from './snapshot.ts';
import type { StepState } from './state.ts';

export interface Passing {
  readonly reason: Reason;
  readonly message: string;
}

/* Pods that had been available in this step, or carried weight, and are not any more. */
export function lostReadiness(
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

/* Half as many are as much: nobody's probes fail at quite the same moment. */
const SHARED_PART = 0.5;

/** Stable is missing its pods as well: a database that both need is gone, or a node. */
export function losesReadinessToo({ candidate, stable }: Context): boolean {
  if (!candidate || !stable || stable.desired === 0) return false;
  return missingShare(stable) >= SHARED_PART * missingShare(candidate);
}

function missingShare(set: SetView): number {
  return 1 - Math.min(1, readyPods(set) / Math.max(1, set.desired));
}

/** A failure that may pass is given startGraceSeconds. */
export function decideInGrace(context: Context, step: StepState, failure: Passing): Decision {
  const { now, spec, state } = context;
  const since = state.grace && !isOfOthers(state.grace.reason) ? state.grace.since : now;
  const end = after(since, spec.startGraceSeconds * 1000);
  if (now >= end) return beginRollback(context, { ...failure, outcome: 'failed' });
  return { ...hold(context, { step, since, failure }), wakeAt: end };
}

/** Nothing announces that what pods went through is long enough ago. */
const LOOK_AGAIN_MS = 60_000;

/** What the candidate is not to blame for holds the release for as long as it lasts. */
export function holdForOthers(context: Context, step: StepState, failure: Passing): Decision {
  const { now, state } = context;
  const since = state.grace?.reason === failure.reason ? state.grace.since : now;
  const held = hold(context, { step, since, failure });
  return { ...held, phase: 'Paused', wakeAt: after(now, LOOK_AGAIN_MS) };
}

function isOfOthers(reason: Reason): boolean {
  return reason === 'SharedCause' || reason === 'QuotaExceeded';
}

interface Hold {
  readonly step: StepState;
  readonly since: Instant;
  readonly failure: Passing;
}

function hold(context: Context, { step, since, failure: { reason, message } }: Hold): Decision {
  const grace = { reason, since };
  return {
    next: { ...context.state, grace, stage: tryingAt(context.state, step) },
    effects: keepSplit(context, weightAt(context.spec, step.index)),
    phase: 'Progressing',
    reason,
    message,
  };
}

/** It passed. The time it took is not held against the pods. */
export function clearGrace(
  context: Context,
  step: StepState,
): { readonly context: Context; readonly step: StepState } {
  if (!context.state.grace) return { context, step };
  const { grace: _passed, ...rest } = context.state;
  return { context: withState(context, rest), step: { ...step, markedAt: context.now } };
}
