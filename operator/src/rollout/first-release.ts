// There is nothing to compare with yet: the first version goes up whole, and if it fails it stays,
// since there is nothing to go back to.
import { type Context, withState } from './context.ts';
import type { Decision, Effect } from './decision.ts';
import { servingSentence } from './explain.ts';
import { optional } from '../lib/optional.ts';
import { resize } from './scale-sets.ts';
import { type Failure, candidateFailure } from './failures.ts';
import { revisionOf } from './idle.ts';
import { availablePods, readyPods } from './pods.ts';
import { deadlineOf, enterStep, withMark } from './progress.ts';
import type { Bounds } from './replicas.ts';
import { stepsOf } from './steps.ts';
import type { SetView, Snapshot } from './snapshot.ts';
import type { RevisionId } from './state.ts';

export function decideFirstRelease(context: Context): Decision {
  const { bounds, now, spec, wantedSet } = context;
  if (!wantedSet) return createFirst(context);
  const available = availablePods(wantedSet, spec.minReadySeconds, now);
  const enough = Math.max(bounds.replicas - bounds.maxUnavailable, Math.min(1, bounds.replicas));
  return available >= enough ? serveFirst(context, wantedSet) : raiseFirst(context, wantedSet);
}

function raiseFirst(context: Context, wantedSet: SetView): Decision {
  const { bounds, now, snapshot, spec, state } = context;
  const id = revisionOf(wantedSet);
  const trying = withState({ ...context, candidate: wantedSet }, { ...state, candidate: id });
  const isSame = state.stage.kind === 'Stepping' && state.candidate?.setName === id.setName;
  const step =
    isSame && state.stage.kind === 'Stepping'
      ? withMark(trying, state.stage.step)
      : enterStep(trying, stepsOf(spec).length);
  const { grace: _grace, ...kept } = state;
  const deadline = deadlineOf(trying, step);
  const isLate = deadline !== undefined && now >= deadline;
  const failure = candidateFailure(trying);
  const answering = answeringNow(snapshot, wantedSet);
  return {
    next: {
      ...kept,
      candidate: id,
      startedAt: state.startedAt ?? now,
      stage: { kind: 'Stepping', step },
    },
    effects: [
      ...retire(snapshot.sets, wantedSet, answering),
      ...resize(wantedSet, bounds.replicas),
      ...(answering ? [] : directTraffic(context, wantedSet)),
    ],
    ...optional('wakeAt', isLate ? undefined : deadline),
    ...firstStory(failure, { isLate, ready: availablePods(wantedSet, spec.minReadySeconds, now), bounds }),
  };
}

interface Attempt {
  readonly isLate: boolean;
  readonly ready: number;
  readonly bounds: Bounds;
}

function firstStory(
  failure: Failure,
  { isLate, ready, bounds }: Attempt,
): Pick<Decision, 'phase' | 'reason' | 'message'> {
  const message =
    failure.kind === 'none'
      ? `first version: ${ready} of ${bounds.replicas} pods ready`
      : `first version: ${failure.message}`;
  if (failure.kind === 'certain' || isLate) {
    return { phase: 'Degraded', reason: 'FirstReleaseFailed', message };
  }
  const reason = failure.kind === 'none' ? 'FirstRelease' : failure.reason;
  return { phase: 'Progressing', reason, message };
}

function createFirst(context: Context): Decision {
  const { bounds, now, snapshot, state, wanted } = context;
  if (now < wanted.settledAt) {
    return {
      next: state,
      effects: [],
      wakeAt: wanted.settledAt,
      phase: 'Progressing',
      reason: 'WaitingForConfig',
      message: 'a change was seen; others of the same apply are awaited',
    };
  }
  const revision = 1 + Math.max(0, ...snapshot.sets.map((set) => set.revision));
  return {
    next: { ...state, startedAt: now },
    effects: [
      ...retire(snapshot.sets, answeringNow(snapshot)),
      {
        kind: 'createSet',
        revision,
        hash: wanted.hash,
        replicas: bounds.replicas,
        outcome: 'candidate',
      },
    ],
    phase: 'Progressing',
    reason: 'FirstRelease',
    message: `first version: 0 of ${bounds.replicas} pods ready`,
  };
}

/* Marked once: an operator that did not live to tell of it must not do it again instead. */
function settled({ name, outcome, uid }: SetView): Effect[] {
  const mark = { outcome: 'stable', reason: 'FirstRelease' } as const;
  return outcome === 'stable' ? [] : [{ kind: 'markSet', set: { name, uid }, mark }];
}

function serveFirst(context: Context, set: SetView): Decision {
  const { bounds, now, snapshot, spec, state } = context;
  const { candidate: _candidate, startedAt, ...rest } = state;
  const id: RevisionId = revisionOf(set);
  const available = availablePods(set, spec.minReadySeconds, now);
  const traffic = directTraffic(context, set);
  return {
    next: {
      ...rest,
      stable: id,
      stage: { kind: 'Idle' },
      weight: { desired: 0, observed: 0 },
      history: [
        {
          revision: id.revision,
          outcome: 'Promoted' as const,
          reason: 'FirstRelease',
          message: 'first version',
          finishedAt: new Date(now).toISOString(),
          ...optional(
            'startedAt',
            startedAt === undefined ? undefined : new Date(startedAt).toISOString(),
          ),
          images: [...id.images],
        },
        ...state.history,
      ].slice(0, 10),
    },
    effects: [
      ...traffic,
      ...settled(set),
      ...retire(snapshot.sets, set),
    ],
    phase: 'Healthy',
    reason: 'Promoted',
    message: servingSentence(id.revision, available, bounds.replicas),
  };
}

function directTraffic({ snapshot }: Context, set: SetView): Effect[] {
  const { traffic } = snapshot;
  if (traffic.kind !== 'weighted') return [];
  const effects: Effect[] = [];
  for (const role of ['stable', 'canary'] as const) {
    const service = traffic[role];
    if (!service.exists || !service.isCurrent || service.hash !== set.hash) {
      effects.push({ kind: 'pointService', role, hash: set.hash });
    }
  }
  if (!traffic.route.exists || !traffic.route.isCurrent || traffic.route.weight !== 0) {
    effects.push({ kind: 'setWeight', weight: 0 });
  }
  return effects;
}

/* Of the older first attempts one may answer: it keeps the users until the new one takes them. */
function answeringNow({ sets, traffic }: Snapshot, wanted?: SetView): SetView | undefined {
  return sets
    .filter((set) => set !== wanted && readyPods(set) > 0)
    .filter((set) => traffic.kind !== 'weighted' || traffic.stable.hash === set.hash)
    .toSorted((a, b) => readyPods(b) - readyPods(a))[0];
}

function retire(sets: readonly SetView[], ...kept: readonly (SetView | undefined)[]): Effect[] {
  return sets.filter((set) => !kept.includes(set)).flatMap((set) => resize(set, 0));
}
