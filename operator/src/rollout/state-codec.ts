// Status to state. What cannot be read is left out: the decision core rebuilds it from the cluster.
import type { AppReleaseStatus } from '../api/app-release-status.ts';
import { isReason } from '../api/reasons.ts';
import { fromText, type Instant } from '../lib/instant.ts';
import { optional } from '../lib/optional.ts';
import {
  NEW_STATE,
  type Outage,
  type ReleaseState,
  type RevisionId,
  type RollbackCause,
  type Stage,
  type StepState,
} from './state.ts';

export function stateOf(status: AppReleaseStatus): ReleaseState {
  const stage = stageOf(status);
  const kept = { history: status.history ?? [], finished: status.actions ?? [] };
  if (!stage) return { ...NEW_STATE, ...kept };
  const changedAt = instantOf(status.weight?.changedAt);
  const pausedAt = instantOf(status.pausedBy?.at);
  const graceSince = instantOf(status.grace?.since);
  const outage = outageOf(status);
  return {
    ...optional('stable', revisionIdOf(status.stable)),
    ...optional('candidate', revisionIdOf(status.candidate)),
    stage,
    weight: {
      desired: status.weight?.desired ?? 0,
      observed: status.weight?.observed ?? 0,
      ...optional('changedAt', changedAt),
    },
    ...(status.grace && graceSince !== undefined && isReason(status.grace.reason)
      ? { grace: { reason: status.grace.reason, since: graceSince } }
      : {}),
    ...optional('outage', outage),
    ...(status.pausedBy && pausedAt !== undefined
      ? {
          pausedBy: {
            by: status.pausedBy.by,
            at: pausedAt,
            ...optional('reason', status.pausedBy.reason),
          },
        }
      : {}),
    ...optional('startedAt', instantOf(status.startedAt)),
    ...kept,
  };
}

function stageOf(status: AppReleaseStatus): Stage | undefined {
  const step = stepOf(status);
  const cause = causeOf(status);
  switch (status.stage) {
    case 'Idle':
      return { kind: 'Idle' };
    case 'Stepping':
    case 'Promoting':
      return step && { kind: status.stage, step };
    case 'RollingBack':
    case 'RolledBack':
      return cause && { kind: status.stage, cause };
    default:
      return undefined;
  }
}

function stepOf({ step }: AppReleaseStatus): StepState | undefined {
  const startedAt = instantOf(step?.startedAt);
  if (!step || startedAt === undefined) return undefined;
  return {
    index: step.index,
    kind: step.kind,
    startedAt,
    mark: step.mark ?? 0,
    markedAt: instantOf(step.markedAt) ?? startedAt,
    ...optional('waitingSince', instantOf(step.waitingSince)),
    requestsBefore: step.requestsBefore ?? 0,
    isPromoted: step.isPromoted ?? false,
  };
}

function outageOf({ outage }: AppReleaseStatus): Outage | undefined {
  const since = instantOf(outage?.since);
  if (!outage || since === undefined) return undefined;
  const at = instantOf(outage.withdrawnAt);
  if (outage.response !== 'withdrawn') return { since, response: { kind: outage.response } };
  return at === undefined ? undefined : { since, response: { kind: 'withdrawn', at } };
}

function causeOf({ rollback }: AppReleaseStatus): RollbackCause | undefined {
  const at = instantOf(rollback?.at);
  if (!rollback || at === undefined || !isReason(rollback.reason)) return undefined;
  return {
    reason: rollback.reason,
    message: rollback.message,
    at,
    outcome: rollback.outcome ?? 'failed',
    ...optional('by', rollback.by),
    ...(rollback.requests === undefined || rollback.errors === undefined
      ? {}
      : { counts: { requests: rollback.requests, errors: rollback.errors } }),
  };
}

function revisionIdOf(ref: AppReleaseStatus['stable']): RevisionId | undefined {
  if (!ref) return undefined;
  return {
    revision: ref.revision,
    hash: ref.podTemplateHash,
    setName: ref.replicaSet,
    images: ref.images ?? [],
  };
}

function instantOf(text: string | undefined): Instant | undefined {
  return text === undefined ? undefined : fromText(text);
}
