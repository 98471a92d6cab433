// Taking a live Deployment over without restarting a pod. The order is what keeps it safe: a paused
// Deployment that still owned an old empty set would scale that one up.
import { isReplicaSetNameOf } from '../api/labels.ts';
import type { Decision, Effect } from './decision.ts';
import type { DeploymentView, Snapshot } from './snapshot.ts';

/** The next move of the adoption, or undefined when there is nothing (more) to take over. */
export function decideAdoption(snapshot: Snapshot): Decision | undefined {
  const { workload } = snapshot;
  if (workload.kind !== 'deployment') return undefined;
  const running = workload.ownSets.filter((set) => set.replicas > 0);
  if (running.length > 0) return takeOver(snapshot, workload, running.length);
  // A set of ours that was given back is in the way of the set that the same version needs.
  const returned = workload.ownSets.find((set) =>
    isReplicaSetNameOf(snapshot.release.name, set.name),
  );
  if (returned && workload.replicas === 0) {
    return step(
      snapshot,
      { kind: 'takeSet', set: { name: returned.name, uid: returned.uid }, outcome: 'superseded' },
      `taking ReplicaSet ${returned.name} back`,
    );
  }
  if (workload.pausedByUs && workload.replicas !== 0 && workload.replicasOwners.length === 0) {
    return step(
      snapshot,
      { kind: 'scaleDeployment', replicas: 0 },
      'setting the Deployment to 0 replicas',
    );
  }
  if (
    workload.pausedByUs &&
    workload.replicas === 0 &&
    workload.observedGeneration >= workload.generation
  ) {
    return step(
      snapshot,
      { kind: 'unpauseDeployment' },
      'letting the Deployment go on with 0 replicas',
    );
  }
  return undefined;
}

function takeOver(snapshot: Snapshot, workload: DeploymentView, runningCount: number): Decision {
  if (!workload.pausedByUs) {
    return (
      whyNot(snapshot, workload, runningCount) ??
      // Of a pause that somebody else asked for we are a second owner, and let go of it in the end.
      step(snapshot, { kind: 'pauseDeployment' }, 'pausing the Deployment')
    );
  }
  if (workload.observedGeneration < workload.generation) {
    return step(snapshot, undefined, 'waiting for the Deployment to pause');
  }
  const isServed = snapshot.sets.some((set) => set.desired > 0);
  if (runningCount > 1 && !isServed) {
    return { ...busy(snapshot, workload), effects: [{ kind: 'unpauseDeployment' }] };
  }
  const [next] = workload.ownSets.toSorted((a, b) => a.replicas - b.replicas);
  if (!next) return step(snapshot, undefined, 'nothing to take over');
  // What turns up beside the version that serves was not verified by anybody.
  const running = isServed ? 'candidate' : 'stable';
  const outcome = next.replicas > 0 ? running : 'superseded';
  return step(
    snapshot,
    { kind: 'takeSet', set: { name: next.name, uid: next.uid }, outcome },
    `taking over ReplicaSet ${next.name}`,
  );
}

function whyNot(
  snapshot: Snapshot,
  workload: DeploymentView,
  runningCount: number,
): Decision | undefined {
  const { autoscaler, isMidRollout, name, paused } = workload;
  if (autoscaler !== undefined) {
    return blocked(
      snapshot,
      'TargetedByAutoscaler',
      `HorizontalPodAutoscaler ${autoscaler} scales Deployment ${name}; ` +
        'point its scaleTargetRef at this AppRelease',
    );
  }
  // A paused one is never at its end: what counts is that a single version runs.
  return runningCount > 1 || (isMidRollout && !paused) ? busy(snapshot, workload) : undefined;
}

function busy(snapshot: Snapshot, { name, paused, pausedByUs }: DeploymentView): Decision {
  const end = paused && !pausedByUs ? 'it is paused; unpause it first' : 'waiting for its end';
  const message = `Deployment ${name} is in the middle of a rollout; ${end}`;
  return blocked(snapshot, 'WorkloadBusy', message);
}

function step({ state }: Snapshot, effect: Effect | undefined, message: string): Decision {
  return {
    next: state,
    effects: effect ? [effect] : [],
    phase: 'Progressing',
    reason: 'Adopted',
    message: `adopting: ${message}`,
  };
}

function blocked(
  { state }: Snapshot,
  reason: 'TargetedByAutoscaler' | 'WorkloadBusy',
  message: string,
): Decision {
  return { next: state, effects: [], phase: 'Blocked', reason, message };
}
