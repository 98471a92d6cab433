// What people ask for, applied to the state before anything else is decided. An action that means
// another revision or step than the current one is Expired, never applied.
import type { Context } from './context.ts';
import { withState } from './context.ts';
import type { Effect } from './decision.ts';
import { optional } from './exposure.ts';
import { isRefused } from './idle.ts';
import type { RollbackOrder } from './rollback.ts';
import { planAt } from './steps.ts';
import type { ActionView } from './snapshot.ts';
import type { ReleaseState } from './state.ts';

export interface Asked {
  readonly context: Context;
  readonly effects: readonly Effect[];
  /** Somebody aborted: roll back. */
  readonly abort?: RollbackOrder;
  /** Somebody asked for another try of the refused revision. */
  readonly isRetried: boolean;
}

type Result =
  | {
      readonly kind: 'applied';
      readonly state: ReleaseState;
      readonly abort?: RollbackOrder;
      readonly isRetried?: boolean;
      readonly message: string;
    }
  | { readonly kind: 'expired' | 'rejected'; readonly message: string };

/** Takes every open action in the order in which they were made. */
export function applyActions(from: Context): Asked {
  let asked: Asked = { context: from, effects: [], isRetried: false };
  for (const action of from.snapshot.actions) {
    const result = resultOf(asked.context, action);
    const phase =
      result.kind === 'applied' ? 'Applied' : result.kind === 'expired' ? 'Expired' : 'Rejected';
    const effect: Effect = {
      kind: 'finishAction',
      action: action.name,
      phase,
      message: result.message,
    };
    const effects = [...asked.effects, effect];
    if (result.kind !== 'applied') {
      asked = { ...asked, effects };
      continue;
    }
    asked = {
      context: withState(asked.context, result.state),
      effects,
      ...optional('abort', result.abort ?? asked.abort),
      isRetried: asked.isRetried || result.isRetried === true,
    };
  }
  return asked;
}

function resultOf(context: Context, action: ActionView): Result {
  const { state } = context;
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

function retry({ state, wantedSet }: Context, action: ActionView): Result {
  if (!wantedSet || !isRefused(wantedSet))
    return { kind: 'rejected', message: 'the wanted revision is not refused' };
  if (wantedSet.revision !== action.revision) {
    return {
      kind: 'expired',
      message: `revision ${wantedSet.revision} is refused, not ${action.revision}`,
    };
  }
  if (state.stage.kind === 'RollingBack')
    return { kind: 'rejected', message: 'the rollback is not finished yet' };
  return { kind: 'applied', state, isRetried: true, message: 'trying again' };
}
