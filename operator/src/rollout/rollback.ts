// The way back: users first, pods after. Reachable from every phase.
import type { HistoryEntry } from '../api/app-release-status.ts';
import type { Reason } from '../api/reasons.ts';
import { type Context, withState } from './context.ts';
import type { Decision, Effect } from './decision.ts';
import { optional } from '../lib/optional.ts';
import { retreat } from './exposure.ts';
import { resize } from './scale-sets.ts';
import { livePods } from './pods.ts';
import type { ReleaseState, RollbackCause } from './state.ts';

export interface RollbackOrder {
  readonly reason: Reason;
  readonly message: string;
  readonly outcome: RollbackCause['outcome'];
  readonly by?: string;
}

/** Starts the way back and takes its first move in the same decision. */
export function beginRollback(context: Context, order: RollbackOrder): Decision {
  const cause: RollbackCause = {
    reason: order.reason,
    message: order.message,
    at: context.now,
    outcome: order.outcome,
    ...optional('by', order.by),
    ...optional('counts', countsOf(context)),
  };
  const { grace: _grace, pausedBy: _paused, ...state } = context.state;
  return decideRollingBack(
    withState(context, { ...state, stage: { kind: 'RollingBack', cause } }),
    cause,
  );
}

/** Traffic to stable; once the snapshot shows it there, the candidate's pods go. */
export function decideRollingBack(context: Context, cause: RollbackCause): Decision {
  const { candidate } = context;
  const back = retreat(context, cause.outcome === 'superseded' ? 'calm' : 'urgent');
  const state = { ...context.state, weight: back.weight };
  if (back.isStuck) {
    return {
      next: { ...state, stage: { kind: 'RollingBack', cause } },
      effects: back.effects,
      phase: 'Degraded',
      reason: 'StableUnavailable',
      message: `${cause.message}; stable has no ready pod, so traffic stays with what answers`,
    };
  }
  const removal = back.isDone
    ? removeCandidate(context, cause)
    : withMark(context, back.effects, cause);
  const isGone =
    back.isDone && (!candidate || (candidate.desired === 0 && livePods(candidate).length === 0));
  const isMarked = !candidate || candidate.outcome === cause.outcome;
  if (isGone && isMarked) return rolledBack(context, cause);
  return {
    next: { ...state, stage: { kind: 'RollingBack', cause } },
    effects: back.isDone ? [...back.effects, ...removal] : removal,
    ...optional('wakeAt', back.wakeAt),
    phase: cause.outcome === 'superseded' ? 'Progressing' : 'RolledBack',
    reason: cause.reason,
    message: back.refusal ? `${cause.message}; the gateway: ${back.refusal}` : cause.message,
  };
}

/* The outcome is written with the candidate's first scale-down, so that it cannot be forgotten. */
function withMark(
  context: Context,
  effects: readonly Effect[],
  cause: RollbackCause,
): readonly Effect[] {
  const { candidate } = context;
  return effects.map((effect) =>
    effect.kind === 'scaleSet' && effect.set.name === candidate?.name
      ? { ...effect, mark: { outcome: cause.outcome, reason: cause.reason } }
      : effect,
  );
}

function removeCandidate({ candidate }: Context, cause: RollbackCause): Effect[] {
  if (!candidate) return [];
  const mark = { outcome: cause.outcome, reason: cause.reason };
  const set = { name: candidate.name, uid: candidate.uid };
  if (candidate.desired > 0) return resize(candidate, 0, mark);
  return candidate.outcome === cause.outcome ? [] : [{ kind: 'markSet', set, mark }];
}

function rolledBack(context: Context, cause: RollbackCause): Decision {
  const { snapshot, state } = context;
  const { candidate: id, startedAt: _startedAt, ...rest } = state;
  const history = id ? [historyOf(context, cause), ...state.history].slice(0, 10) : state.history;
  const isRefused = cause.outcome !== 'superseded';
  const next: ReleaseState = {
    ...rest,
    ...(isRefused && id ? { candidate: id } : {}),
    stage: isRefused ? { kind: 'RolledBack', cause } : { kind: 'Idle' },
    weight: { desired: 0, observed: 0 },
    history,
  };
  return {
    next,
    effects: [],
    // The next release, if any, starts from a fresh look.
    ...(isRefused ? {} : { wakeAt: context.now }),
    phase: isRefused ? 'RolledBack' : 'Progressing',
    reason: cause.reason,
    message: rolledBackMessage(cause, snapshot.state.stable?.revision),
  };
}

export function rolledBackMessage(
  cause: RollbackCause,
  stableRevision: number | undefined,
): string {
  if (cause.outcome === 'superseded') return cause.message;
  return `rolled back to revision ${stableRevision ?? '?'}: ${cause.message}`;
}

function countsOf({ snapshot: { evidence } }: Context): RollbackCause['counts'] {
  return evidence.kind === 'judged' ? evidence.canary : undefined;
}

/** How the candidate ended, for the history. */
export function historyOf({ now, state }: Context, cause: RollbackCause): HistoryEntry {
  return {
    revision: state.candidate?.revision ?? 0,
    outcome:
      cause.outcome === 'superseded'
        ? cause.reason === 'Undone'
          ? 'Undone'
          : 'Superseded'
        : 'RolledBack',
    reason: cause.reason,
    message: cause.message,
    ...optional('by', cause.by),
    ...optional(
      'startedAt',
      state.startedAt === undefined ? undefined : new Date(state.startedAt).toISOString(),
    ),
    finishedAt: new Date(now).toISOString(),
    images: [...(state.candidate?.images ?? [])],
    ...cause.counts,
  };
}
