// Which releases a new leader looks at first: those for which something may have to be done. The
// others are looked at as well, when there is time.
import { PRIORITY_INITIAL, PRIORITY_SPEC_CHANGE, type Priority } from '../kube/queue.ts';
import { number, record, text } from '../lib/json.ts';
import type { DeploymentObject, ReleaseObject } from './projections.ts';
import type { Store } from './store.ts';

export function firstPriority(store: Pick<Store, 'deployments'>, release: ReleaseObject): Priority {
  const workload = text(record(release.spec['workloadRef'])['name']);
  const deployment =
    workload === undefined ? undefined : store.deployments.get(release.namespace, workload);
  return isDue(release, deployment) ? PRIORITY_SPEC_CHANGE : PRIORITY_INITIAL;
}

/** True unless status says that this very state of the release and its Deployment was dealt with. */
export function isDue(release: ReleaseObject, deployment: DeploymentObject | undefined): boolean {
  const { generation, isDeleted, status } = release;
  const { observedGeneration, stage, workload } = status;
  const isAtRest = text(stage) === 'Idle' || text(stage) === 'RolledBack';
  if (isDeleted || !isAtRest || number(observedGeneration) !== generation) return true;
  return deployment !== undefined && number(record(workload)['generation']) !== deployment.generation;
}
