// What people ask for, applied to the state before anything else is decided. An action that means
// another revision or step than the current one is Expired, never applied.
import type { Context } from './context.ts';
import { withState } from './context.ts';
import type { Effect } from './decision.ts';
import { optional } from '../lib/optional.ts';
import { isRefused, isRefusedUnmade } from './idle.ts';
import type { RollbackOrder } from './rollback.ts';
import { planAt } from './steps.ts';
import type { ActionView } from './snapshot.ts';
import type { FinishedAction, ReleaseState } from './state.ts';

export interface Asked {
  readonly context: Context;
  readonly effects: readonly Effect[];
  /** Somebody aborted: roll back. */
  readonly abort?: RollbackOrder;
  /** Somebody asked for another try of the refused revision. */
  readonly isRetried: boolean;
}

/** Actions that are remembered, and the most that are taken at one look. */
const FINISHED_MAX = 10;

const PHASES = { applied: 'Applied', expired: 'Expired', rejected: 'Rejected' } as const;

type Result =
  | {
      readonly kind: 'applied';
      readonly state: ReleaseState;
      readonly abort?: RollbackOrder;
      readonly isRetried?: boolean;
      readonly message: string;
    }
  | { readonly kind: 'expired' | 'rejected'; readonly message: string };

/**
 * Takes every open action in the order in which they were made. What became of it is remembered
 * first and written to the action at the next look: so none is applied twice, and none is finished
 * whose effect could still be forgotten.
 */
export function applyActions(from: Context): Asked {
  let asked: Asked = { context: from, effects: [], isRetried: false };
  for (const action of from.snapshot.actions.slice(0, FINISHED_MAX)) {
    const known = from.state.finished.find(({ uid }) => uid === action.uid);
    asked = known ? finish(asked, action, known) : apply(asked, action);
  }
  return asked;
}

function finish(asked: Asked, action: ActionView, { phase, message }: FinishedAction): Asked {
  const effect: Effect = { kind: 'finishAction', action: action.name, phase, message };
  return { ...asked, effects: [...asked.effects, effect] };
}

function apply(asked: Asked, action: ActionView): Asked {
  const result = resultOf(asked.context, action);
  const before = result.kind === 'applied' ? result.state : asked.context.state;
  const { by, name, uid } = action;
  const told: FinishedAction = {
    uid, name, action: action.action, by, phase: PHASES[result.kind], message: result.message,
  };
  const finished = [...before.finished, told].slice(-FINISHED_MAX);
  const context = withState(asked.context, { ...before, finished });
  if (result.kind !== 'applied') return { ...asked, context };
  return {
    ...asked,
    context,
    ...optional('abort', result.abort ?? asked.abort),
    isRetried: asked.isRetried || result.isRetried === true,
  };
}

function resultOf(context: Context, action: ActionView): Result {
  const { stable, state } = context;
  if (action.action === 'retry') return retry(context, action);
  const { stage } = state;
  if (stage.kind !== 'Stepping' && stage.kind !== 'Promoting') {
    return { kind: 'expired', message: 'no release is under way' };
  }
  if (state.candidate?.revision !== action.revision) {
    return {
      kind: 'expired',
      message: `revision ${state.candidate?.revision ?? '?'} is being released, not ${action.revision}`,
    };
  }
  if (action.step !== undefined && action.step !== stage.step.index) {
    return {
      kind: 'expired',
      message: `the release is at step ${stage.step.index}, not ${action.step}`,
    };
  }
  if (!stable || stable.name === state.candidate?.setName) {
    return {
      kind: 'rejected',
      message: 'a first release has no steps, and nothing to go back to; change the template',
    };
  }
  switch (action.action) {
    case 'abort':
      return {
        kind: 'applied',
        state,
        message: 'rolling back',
        abort: {
          reason: 'AbortedByUser',
          message: `aborted by ${action.by}${action.reason ? `: ${action.reason}` : ''}`,
          outcome: 'undone',
          by: action.by,
        },
      };
    case 'pause':
      return {
        kind: 'applied',
        state: {
          ...state,
          pausedBy: { by: action.by, at: context.now, ...optional('reason', action.reason) },
        },
        message: 'paused',
      };
    case 'resume': {
      const { pausedBy, ...rest } = state;
      if (!pausedBy) return { kind: 'rejected', message: 'the release is not paused by an action' };
      return { kind: 'applied', state: rest, message: 'resumed' };
    }
    case 'promote':
      return promote(context, action);
  }
}

function promote({ spec, state }: Context, action: ActionView): Result {
  const { stage } = state;
  if (stage.kind !== 'Stepping')
    return { kind: 'rejected', message: 'the release is promoting already' };
  const plan = planAt(spec, stage.step.index);
  if (plan.kind === 'weight') {
    return {
      kind: 'rejected',
      message: `step ${stage.step.index} is still moving traffic; promote passes a pause or a verify step`,
    };
  }
  const { pausedBy: _resumed, ...rest } = state;
  return {
    kind: 'applied',
    state: { ...rest, stage: { kind: 'Stepping', step: { ...stage.step, isPromoted: true } } },
    message: `${action.by} passed step ${stage.step.index}`,
  };
}

function retry(context: Context, action: ActionView): Result {
  const { state, wantedSet } = context;
  const isRefusedNow = wantedSet ? isRefused(wantedSet) : isRefusedUnmade(context);
  const revision = wantedSet?.revision ?? state.candidate?.revision;
  if (!isRefusedNow) return { kind: 'rejected', message: 'the wanted revision is not refused' };
  if (revision !== action.revision) {
    return { kind: 'expired', message: `revision ${revision} is refused, not ${action.revision}` };
  }
  if (state.stage.kind !== 'RolledBack' && state.stage.kind !== 'Idle') {
    return { kind: 'rejected', message: 'the rollback is not finished yet' };
  }
  return { kind: 'applied', state, isRetried: true, message: 'trying again' };
}
