// Taking a live Deployment over without restarting a pod. The order is what keeps it safe: a paused
// Deployment that still owned an old empty set would scale that one up.
import type { Decision, Effect } from './decision.ts';
import type { DeploymentView, Snapshot } from './snapshot.ts';

/** The next move of the adoption, or undefined when there is nothing (more) to take over. */
export function decideAdoption(snapshot: Snapshot): Decision | undefined {
  const { workload } = snapshot;
  if (workload.kind !== 'deployment') return undefined;
  const running = workload.ownSets.filter((set) => set.replicas > 0);
  if (running.length > 0) return takeOver(snapshot, workload, running.length);
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
  if (!workload.paused) {
    if (workload.autoscaler !== undefined) {
      return blocked(
        snapshot,
        'TargetedByAutoscaler',
        `HorizontalPodAutoscaler ${workload.autoscaler} scales Deployment ${workload.name}; point its scaleTargetRef at this AppRelease`,
      );
    }
    if (workload.isMidRollout || runningCount > 1) {
      return blocked(
        snapshot,
        'WorkloadBusy',
        `Deployment ${workload.name} is in the middle of a rollout; waiting for its end`,
      );
    }
    return step(snapshot, { kind: 'pauseDeployment' }, 'pausing the Deployment');
  }
  if (workload.observedGeneration < workload.generation) {
    return { ...step(snapshot, undefined, 'waiting for the Deployment to pause'), effects: [] };
  }
  const [next] = workload.ownSets.toSorted((a, b) => a.replicas - b.replicas);
  if (!next) return step(snapshot, undefined, 'nothing to take over');
  const outcome = next.replicas > 0 ? 'stable' : 'superseded';
  return step(
    snapshot,
    { kind: 'takeSet', set: { name: next.name, uid: next.uid }, outcome },
    `taking over ReplicaSet ${next.name}`,
  );
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
