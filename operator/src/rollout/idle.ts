// Nothing is being tried: keep stable as it should be, and see whether a release is to begin.
import { replicaSetName } from '../api/labels.ts';
import { isReason } from '../api/reasons.ts';
import type { Context } from './context.ts';
import { withState } from './context.ts';
import { decideStepping } from './canary.ts';
import type { Decision, Effect } from './decision.ts';
import { servingSentence } from './explain.ts';
import { optional } from '../lib/optional.ts';
import { expose, retreat } from './exposure.ts';
import { resize } from './scale-sets.ts';
import { availablePods, readyPods } from './pods.ts';
import { historyOf, rolledBackMessage } from './rollback.ts';
import { enterStep } from './progress.ts';
import { podShareGoal } from './replicas.ts';
import { indexForShare, weightsOf } from './steps.ts';
import type { SetView } from './snapshot.ts';
import type { ReleaseState, RevisionId, RollbackCause } from './state.ts';

/** With a stable set, and no candidate under way. */
export function decideIdle(context: Context): Decision {
  const { stable, wanted, wantedSet, now, state } = context;
  if (!stable) throw new Error('decideIdle without a stable set');
  if (wantedSet === stable) return keepStable(context, stable);
  if (wantedSet && isRefused(wantedSet)) return keepRefused(context, wantedSet);
  if (isRefusedUnmade(context)) return keepUnmade(context, stable);
  if (now < wanted.settledAt) {
    const calm = keepStable(context, stable);
    return {
      ...calm,
      wakeAt: wanted.settledAt,
      phase: 'Progressing',
      reason: 'WaitingForConfig',
      message: 'a change was seen; others of the same apply are awaited',
    };
  }
  return startRelease(context, state);
}

/** A new release from its first step, or from where the cluster shows it to be when status was lost. */
export function startRelease(context: Context, state: ReleaseState): Decision {
  const { now, snapshot, spec, wanted, wantedSet } = context;
  const { grace: _grace, outage: _outage, pausedBy: _pausedBy, ...kept } = state;
  const revision =
    wantedSet?.revision ?? 1 + Math.max(0, ...snapshot.sets.map((set) => set.revision));
  const id: RevisionId = {
    revision,
    hash: wantedSet?.hash ?? wanted.hash,
    setName: wantedSet?.name ?? replicaSetName(snapshot.release.name, revision, wanted.hash),
    images: wanted.images,
  };
  const share = wantedSet?.outcome === 'candidate' ? presentShare(context, wantedSet) : 0;
  const base = withState(context, { ...kept, candidate: id, startedAt: now });
  const step = enterStep(base, indexForShare(spec, share));
  const started = withState(context, {
    ...kept,
    ...(context.stable ? { stable: revisionOf(context.stable) } : {}),
    candidate: id,
    startedAt: now,
    weight: { desired: share, observed: share },
    stage: { kind: 'Stepping', step },
  });
  const decision = decideStepping(started, { ...step, requestsBefore: 0 });
  const reused: Effect[] =
    wantedSet && wantedSet.outcome !== 'candidate'
      ? [
          {
            kind: 'markSet',
            set: wantedSet,
            mark: { outcome: 'candidate', reason: 'ReleaseStarted' },
          },
        ]
      : [];
  return { ...decision, effects: [...reused, ...lift(context), ...decision.effects] };
}

function presentShare({ bounds, snapshot: { traffic }, spec }: Context, set: SetView): number {
  if (traffic.kind === 'weighted')
    return traffic.canary.hash === set.hash ? (traffic.route.weight ?? 0) : 0;
  // Whole pods stand for many weights: the least that asks for as many as there are.
  const podsFor = (weight: number) => podShareGoal(weight, bounds).candidate;
  const reached = weightsOf(spec).filter((weight) => podsFor(weight) <= readyPods(set));
  const most = Math.max(...reached.map(podsFor));
  return reached.find((weight) => podsFor(weight) === most) ?? 0;
}

/** It was taken back before its set was made, so there is none to bear the mark. */
export function isRefusedUnmade({ state, wanted, wantedSet }: Context): boolean {
  return !wantedSet && state.stage.kind === 'RolledBack' && state.candidate?.hash === wanted.hash;
}

function keepUnmade(context: Context, stable: SetView): Decision {
  const { candidate, stage } = context.state;
  const calm = keepStable(context, stable);
  if (stage.kind !== 'RolledBack') return calm;
  return {
    ...calm,
    next: { ...calm.next, ...optional('candidate', candidate), stage },
    phase: 'RolledBack',
    reason: stage.cause.reason,
    message: rolledBackMessage(stage.cause, stable.revision),
  };
}

export function isRefused(set: SetView): boolean {
  return set.outcome === 'failed' || set.outcome === 'undone';
}

/* Another version was asked for in between: what failed before may be tried again. */
function lift({ snapshot, wantedSet }: Context): Effect[] {
  return snapshot.sets
    .filter((set) => isRefused(set) && set !== wantedSet)
    .map((set) => ({
      kind: 'markSet',
      set: { name: set.name, uid: set.uid },
      mark: { outcome: 'superseded', reason: 'Superseded' },
    }));
}

function keepStable(context: Context, stable: SetView): Decision {
  const { bounds, now, spec, state } = context;
  const {
    candidate: _candidate,
    grace: _grace,
    outage: _outage,
    pausedBy: _paused,
    startedAt: _started,
    ...rest
  } = state;
  const calm = withState(context, { ...rest, stage: { kind: 'Idle' } });
  const exposure = expose(calm, 0);
  const available = availablePods(stable, spec.minReadySeconds, now);
  const isServing =
    available >= Math.max(1, bounds.replicas - Math.max(1, bounds.maxUnavailable)) ||
    bounds.replicas === 0;
  const healthy = {
    phase: 'Healthy' as const,
    reason: 'UpToDate' as const,
    message: servingSentence(stable.revision, available, bounds.replicas),
  };
  const told = isServing
    ? healthy
    : available === 0
      ? {
          phase: 'Degraded' as const,
          reason: 'StableUnavailable' as const,
          message: 'stable has no ready pod',
        }
      : {
          phase: 'Progressing' as const,
          reason: 'Scaling' as const,
          message: `${available} of ${bounds.replicas} pods ready`,
        };
  return {
    next: {
      ...calm.state,
      stable: revisionOf(stable),
      weight: { ...exposure.weight, observed: 0 },
    },
    effects: [...exposure.effects, ...settle(stable), ...lift(context), ...tidy(context, stable)],
    ...optional('wakeAt', exposure.wakeAt),
    ...told,
  };
}

/* Stable should say so of itself, whoever lost the mark. */
function settle(stable: SetView): Effect[] {
  if (stable.outcome === 'stable') return [];
  return [
    {
      kind: 'markSet',
      set: { name: stable.name, uid: stable.uid },
      mark: { outcome: 'stable', reason: 'UpToDate' },
    },
  ];
}

/** Beyond the history limit old sets go altogether. */
function tidy({ snapshot, spec, state }: Context, stable: SetView): Effect[] {
  return snapshot.sets
    .filter((set) => set !== stable && set.name !== state.candidate?.setName)
    .filter((set) => set.desired === 0 && set.pods.length === 0)
    .toSorted((a, b) => b.revision - a.revision)
    .slice(spec.revisionHistoryLimit)
    .map(({ name, uid }): Effect => ({ kind: 'deleteSet', set: { name, uid } }));
}

function keepRefused(context: Context, refused: SetView): Decision {
  const { state, stable } = context;
  if (!stable) throw new Error('keepRefused without a stable set');
  const isKnown = state.stage.kind === 'RolledBack';
  const cause = state.stage.kind === 'RolledBack' ? state.stage.cause : rebuiltCause(context, refused);
  const candidate = revisionOf(refused);
  const isTold = isKnown || state.history[0]?.revision === refused.revision;
  const history = isTold
    ? state.history
    : [historyOf(withState(context, { ...state, candidate }), cause), ...state.history].slice(0, 10);
  const known = withState(context, { ...state, candidate, history });
  const back = retreat({ ...known, candidate: refused }, 'urgent');
  // Once nobody reaches it, stable is kept as it is at rest.
  const { candidate: _refused, ...rest } = known;
  const kept = back.isDone ? expose(rest, 0) : back;
  const removal = back.isDone ? resize(refused, 0) : [];
  return {
    next: {
      ...known.state,
      stable: revisionOf(stable),
      weight: { ...kept.weight, observed: back.isDone ? 0 : state.weight.observed },
      stage: { kind: 'RolledBack', cause },
    },
    effects: [...kept.effects, ...removal, ...settle(stable), ...tidy(known, stable)],
    ...optional('wakeAt', kept.wakeAt),
    phase: 'RolledBack',
    reason: cause.reason,
    message: rolledBackMessage(cause, stable.revision),
  };
}

/* The rollback was carried out and its status lost: the mark on the set says why it was. */
export function rebuiltCause({ now }: Context, refused: SetView): RollbackCause {
  const { outcome, reason, revision } = refused;
  return {
    reason: reason !== undefined && isReason(reason) ? reason : 'RevisionRefused',
    message: `revision ${revision} failed before (${reason ?? 'unknown'})`,
    at: now,
    outcome: outcome === 'undone' ? 'undone' : 'failed',
  };
}

export function revisionOf(set: SetView): RevisionId {
  return { revision: set.revision, hash: set.hash, setName: set.name, images: set.images };
}
