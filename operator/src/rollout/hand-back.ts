// The AppRelease is being deleted: users to stable, then the pods back to the Deployment (or gone).
import type { Context } from './context.ts';
import type { Decision, Effect } from './decision.ts';
import { retreat, optional } from './exposure.ts';
import type { DeploymentView, SetView, Snapshot } from './snapshot.ts';

export function decideHandBack(snapshot: Snapshot, context: Context | undefined): Decision {
  if (!snapshot.release.hasFinalizer) return done(snapshot, [], 'nothing left to do');
  const policy = policyOf(snapshot);
  const { workload } = snapshot;
  if (policy === 'Delete' || workload.kind !== 'deployment') {
    return done(snapshot, [{ kind: 'removeFinalizer' }], 'deleting');
  }
  const returned = workload.ownSets.filter((set) => set.replicas > 0);
  if (returned.length > 0)
    return letGo(
      snapshot,
      workload,
      returned.every((set) => set.isCurrent),
    );
  if (!context?.stable) return done(snapshot, [{ kind: 'removeFinalizer' }], 'nothing runs');
  const users = usersToStable(snapshot, context);
  if (users) return users;
  return giveBack(context, workload, context.stable);
}

function policyOf({ release }: Snapshot): 'HandBack' | 'Delete' {
  if (release.spec.kind === 'invalid') return 'HandBack';
  const { deletionPolicy, workloadRef } = release.spec.value;
  return deletionPolicy ?? (workloadRef ? 'HandBack' : 'Delete');
}

/* A release under way is taken back first: the Deployment can only run one version. */
function usersToStable(snapshot: Snapshot, context: Context): Decision | undefined {
  const back = retreat(context, 'calm');
  const leftover = context.candidate && context.candidate.desired > 0;
  const scale: Effect[] =
    back.isDone && context.candidate && leftover
      ? [
          {
            kind: 'scaleSet',
            set: context.candidate,
            from: context.candidate.desired,
            to: 0,
            mark: { outcome: 'undone', reason: 'HandedBack' },
          },
        ]
      : [];
  if (back.isDone && !leftover && back.effects.length === 0) return undefined;
  return {
    next: { ...snapshot.state, weight: back.weight },
    effects: [...back.effects, ...scale],
    ...optional('wakeAt', back.wakeAt),
    phase: 'Progressing',
    reason: 'HandedBack',
    message: 'handing back: traffic to stable',
  };
}

function giveBack(context: Context, workload: DeploymentView, stable: SetView): Decision {
  const { snapshot } = context;
  const move = (effect: Effect, message: string) =>
    done(snapshot, [effect], `handing back: ${message}`);
  if (!workload.paused) return move({ kind: 'pauseDeployment' }, 'pausing the Deployment');
  if (workload.observedGeneration < workload.generation) {
    return done(snapshot, [], 'waiting for the Deployment to pause');
  }
  const [empty] = workload.ownSets;
  if (empty)
    return move({ kind: 'deleteSet', set: empty }, `deleting the empty ReplicaSet ${empty.name}`);
  if (workload.replicas !== context.bounds.replicas) {
    const { replicas } = context.bounds;
    return move({ kind: 'scaleDeployment', replicas }, 'setting the replicas of the Deployment');
  }
  const explain: Effect[] =
    context.wantedSet === stable ? [] : [{ kind: 'explainHandBack', message: whyPaused(stable) }];
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
