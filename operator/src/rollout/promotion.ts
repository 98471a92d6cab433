// After the last step: everything to the candidate, which then is stable.
import type { Instant } from '../lib/instant.ts';
import { type Context, withState } from './context.ts';
import type { Decision, Effect } from './decision.ts';
import { earlierOf, evidenceSentence, servingSentence } from './explain.ts';
import { optional } from '../lib/optional.ts';
import { expose } from './exposure.ts';
import { resize } from './scale-sets.ts';
import { availablePods, livePods } from './pods.ts';
import { deadlineOf } from './progress.ts';
import type { SetView, WeightedView } from './snapshot.ts';
import type { ReleaseState, StepState } from './state.ts';

/* After the last step. With a router the new version must carry everything through the canary
   Service before the stable Service is pointed at it, and only then may the weight go back to 0:
   canary 100 -> stable Service to the new pods -> weight 0 -> the old set goes down. */
export function finish(context: Context, step: StepState): Decision {
  const { traffic } = context.snapshot;
  if (traffic.kind === 'weighted' && context.candidate) {
    return finishByRoute(context, step, traffic);
  }
  const exposure = expose(context, 100);
  const next = withState(context, { ...context.state, weight: exposure.weight });
  if (exposure.isReached && context.candidate) return promoted(next);
  return promoting(next, step, {
    effects: exposure.effects.map((effect) => withFarewell(effect, context.stable)),
    waitingFor: exposure.waitingFor,
    ...optional('wakeAt', exposure.wakeAt),
  });
}

const SUPERSEDED = { outcome: 'superseded', reason: 'Promoted' } as const;

/* The old set's last move carries its mark: one write less. Were the candidate still to fail, the
   set would be made stable again together with its first pod. */
function withFarewell(effect: Effect, stable: SetView | undefined): Effect {
  const isLast = effect.kind === 'scaleSet' && effect.to === 0 && effect.set.name === stable?.name;
  return isLast ? { ...effect, mark: SUPERSEDED } : effect;
}

/** The stable Service names the candidate already: the last turn of a release is under way. */
export function isSwitched({ candidate, snapshot: { traffic } }: Context): boolean {
  return traffic.kind === 'weighted' && candidate !== undefined && candidate.hash === traffic.stable.hash;
}

interface FinishStep {
  readonly effects: readonly Effect[];
  readonly waitingFor: string;
  readonly wakeAt?: Instant;
}

function finishByRoute(context: Context, step: StepState, traffic: WeightedView): Decision {
  const { candidate } = context;
  if (!candidate || !isSwitched(context)) {
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
  if (!isEndpointsRight && (traffic.route.weight ?? 0) > 0) {
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
    message: `${whyPromoting(context)}${isMoving || waitingFor ? `; waiting for ${waitingFor || 'the switch'}` : ''}`,
  };
}

function whyPromoting({ state }: Context): string {
  return state.outage?.response.kind === 'rescue'
    ? 'stable is failing and the candidate does better: it gets everything at once'
    : 'all steps passed';
}

function markOf({ name, uid }: SetView): Effect {
  return { kind: 'markSet', set: { name, uid }, mark: SUPERSEDED };
}

function promoted(context: Context): Decision {
  const { bounds, candidate, now, snapshot, spec, stable, state } = context;
  if (!candidate || !state.candidate) throw new Error('promoted without a candidate');
  const available = availablePods(candidate, spec.minReadySeconds, now);
  const { name, outcome, uid } = candidate;
  const mark = { outcome: 'stable', reason: 'Promoted' } as const;
  const marks: Effect[] = outcome === 'stable' ? [] : [{ kind: 'markSet', set: { name, uid }, mark }];
  if (stable && (stable.desired > 0 || stable.outcome !== SUPERSEDED.outcome)) {
    const removal = resize(stable, 0, SUPERSEDED);
    marks.push(...(removal.length > 0 ? removal : [markOf(stable)]));
  }
  const { evidence } = snapshot;
  const { candidate: id, grace: _grace, outage, pausedBy: _pausedBy, startedAt, ...rest } = state;
  const isRescue = outage?.response.kind === 'rescue';
  const next: ReleaseState = {
    ...rest,
    stable: id,
    stage: { kind: 'Idle' },
    weight: { ...state.weight, desired: 0, observed: 0 },
    history: [
      {
        revision: id.revision,
        outcome: 'Promoted' as const,
        reason: isRescue ? 'Rescue' : 'Promoted',
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
    message: servingSentence(id.revision, available, bounds.replicas),
  };
}

