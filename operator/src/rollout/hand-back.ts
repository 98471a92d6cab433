// The AppRelease is being deleted: users to stable, then the pods back to the Deployment (or gone).
import { parseSpec } from '../api/parse.ts';
import type { AppReleaseSpec } from '../api/app-release.ts';
import type { Instant } from '../lib/instant.ts';
import { type Context, contextOf } from './context.ts';
import type { Decision, Effect } from './decision.ts';
import { optional } from '../lib/optional.ts';
import { retreat } from './exposure.ts';
import { resize } from './scale-sets.ts';
import { readyPods } from './pods.ts';
import type { DeploymentView, SetView, Snapshot } from './snapshot.ts';
import { removeStrays } from './strays.ts';

export function decideHandBack(snapshot: Snapshot, now: Instant): Decision {
  if (!snapshot.release.hasFinalizer) return done(snapshot, [], 'nothing left to do');
  const { state, workload } = snapshot;
  if (policyOf(snapshot) === 'Delete' || workload.kind !== 'deployment') {
    return done(snapshot, [{ kind: 'removeFinalizer' }], 'deleting');
  }
  // At 0 replicas only the name tells the set that was given back from those that were never taken.
  const returned = workload.ownSets.filter(
    (set) => set.replicas > 0 || set.name === state.stable?.setName,
  );
  const context = contextForHandBack(snapshot, workload, now);
  const stable = context?.stable;
  if (returned.length > 0 && !(stable && isRunning(stable))) {
    return letGo(
      snapshot,
      workload,
      returned.every((set) => set.isCurrent),
    );
  }
  if (!context || !stable) return letGo(snapshot, workload, true);
  const users = usersToStable(snapshot, context);
  if (users) return users;
  return giveBack(context, workload, stable);
}

function policyOf({ release, workload }: Snapshot): 'HandBack' | 'Delete' {
  const written = release.spec.kind === 'valid' ? release.spec.value.deletionPolicy : undefined;
  return written ?? (workload.kind === 'template' ? 'Delete' : 'HandBack');
}

/**
 * What is needed to give pods back, whatever is missing: neither a specification that makes sense
 * nor its replicas nor a wanted version. Its stable is what serves, marked or not.
 */
function contextForHandBack(
  snapshot: Snapshot,
  workload: DeploymentView,
  now: Instant,
): Context | undefined {
  const { release, wanted } = snapshot;
  const value = release.spec.kind === 'valid' ? release.spec.value : plainSpec(workload.name);
  if (!value) return undefined;
  const whole = (replicas: number): Context | undefined =>
    contextOf(
      {
        ...snapshot,
        wanted: wanted ?? { hash: '', images: [], settledAt: now },
        release: { ...release, replicas, spec: { kind: 'valid', value } },
      },
      now,
    );
  const context = whole(release.replicas ?? runningReplicas(snapshot, workload));
  if (!context || context.stable) return context;
  const serving = workload.ownSets.some((set) => set.replicas > 0)
    ? undefined
    : largestRunning(snapshot);
  if (!serving) return context;
  // The first version, still on its way up: it is all that there is, and it stays.
  const { candidate: _serving, ...rest } = context;
  return { ...rest, stable: serving };
}

function plainSpec(workload: string): AppReleaseSpec | undefined {
  const parsed = parseSpec({ workloadRef: { name: workload }, strategy: { canary: {} } });
  return parsed.kind === 'valid' ? parsed.value : undefined;
}

/* With a router stable alone is as large as it has to be; by share of pods, both together are. */
function runningReplicas({ sets, state, traffic }: Snapshot, workload: DeploymentView): number {
  const owned = sets.map((set) => set.desired);
  const stable = sets.find((set) => set.name === state.stable?.setName)?.desired ?? 0;
  const ours =
    traffic.kind === 'weighted' && stable > 0 ? stable : owned.reduce((sum, size) => sum + size, 0);
  return ours + workload.ownSets.reduce((sum, set) => sum + set.replicas, 0);
}

function largestRunning({ sets }: Snapshot): SetView | undefined {
  return sets
    .filter(isRunning)
    .toSorted((a, b) => readyPods(b) - readyPods(a) || b.desired - a.desired)[0];
}

function isRunning(set: SetView): boolean {
  return set.desired > 0 || readyPods(set) > 0;
}

/* A release under way is taken back first: the Deployment can only run one version. */
function usersToStable(snapshot: Snapshot, context: Context): Decision | undefined {
  const back = retreat(context, 'calm');
  const leftover = context.candidate && context.candidate.desired > 0;
  const mark = { outcome: 'undone', reason: 'HandedBack' } as const;
  const scale = back.isDone ? resize(context.candidate, 0, mark) : [];
  const strays = removeStrays(context, snapshot.state);
  if (back.isDone && !leftover && back.effects.length === 0 && !hasStrays(context)) {
    return undefined;
  }
  return {
    next: { ...snapshot.state, weight: back.weight },
    effects: [...wayIn(snapshot), ...back.effects, ...scale, ...strays],
    ...optional('wakeAt', back.wakeAt),
    phase: 'Progressing',
    reason: 'HandedBack',
    message: 'handing back: traffic to stable',
  };
}

/* Where the split cannot be steered it is given up first, or it would lead to pods that go. */
function wayIn({ traffic }: Snapshot): Effect[] {
  return traffic.kind === 'blocked' ? [{ kind: 'releaseRoute' }] : [];
}

/* Whatever is still ours at the end goes with the AppRelease, users or not. */
function hasStrays({ candidate, snapshot, stable }: Context): boolean {
  return snapshot.sets.some(
    (set) => set.desired > 0 && set.name !== stable?.name && set.name !== candidate?.name,
  );
}

function giveBack(context: Context, workload: DeploymentView, stable: SetView): Decision {
  const { snapshot } = context;
  const move = (effect: Effect, message: string) =>
    done(snapshot, [effect], `handing back: ${message}`);
  if (!workload.paused) return move({ kind: 'pauseDeployment' }, 'pausing the Deployment');
  if (workload.observedGeneration < workload.generation) {
    return done(snapshot, [], 'waiting for the Deployment to pause');
  }
  const empty = workload.ownSets.find((set) => set.replicas === 0);
  if (empty)
    return move({ kind: 'deleteSet', set: empty }, `deleting the empty ReplicaSet ${empty.name}`);
  const { replicas } = context.bounds;
  if (workload.replicas !== replicas) {
    return move({ kind: 'scaleDeployment', replicas }, 'setting the replicas of the Deployment');
  }
  const explain: Effect[] =
    context.wantedSet?.name === stable.name
      ? []
      : [{ kind: 'explainHandBack', message: whyPaused(stable) }];
  return done(
    snapshot,
    [...explain, { kind: 'releaseRoute' }, { kind: 'giveBackSet', set: stable }],
    'handing back: giving the ReplicaSet back',
  );
}

/* Unpausing where another template is wanted would launch the very version that failed. */
function letGo(snapshot: Snapshot, workload: DeploymentView, isCurrent: boolean): Decision {
  if (workload.pausedByUs && isCurrent) {
    return done(
      snapshot,
      [{ kind: 'unpauseDeployment' }],
      'handing back: unpausing the Deployment',
    );
  }
  return done(snapshot, [{ kind: 'removeFinalizer' }], 'handed back');
}

function whyPaused(stable: SetView): string {
  return `left paused: revision ${stable.revision} serves and the template is another one; set it to that version and unpause`;
}

function done({ state }: Snapshot, effects: readonly Effect[], message: string): Decision {
  return { next: state, effects, phase: 'Progressing', reason: 'HandedBack', message };
}
