// The Deployment that holds the wanted template, as a decision sees it.
import type { OwnSetView, WorkloadView } from '../../rollout/snapshot.ts';
import type { ConfiguredTemplate } from '../configs.ts';
import type { DeploymentObject, ReleaseObject } from '../projections.ts';
import type { Store } from '../store.ts';
import { identityOf } from '../template-identity.ts';
import type { Template } from './wanted.ts';

interface Working {
  /** Name in `workloadRef`; undefined where the template stands in the AppRelease. */
  readonly workload: string | undefined;
  readonly deployment: DeploymentObject | undefined;
  readonly template: Template;
  readonly release: ReleaseObject;
  readonly configured: ConfiguredTemplate | undefined;
}

/** Where the wanted template comes from, and whether it can be worked with. */
export function workloadView(
  store: Store,
  { workload, deployment, template, release, configured }: Working,
): WorkloadView {
  if (workload === undefined) {
    return {
      kind: 'template',
      ...(template.kind === 'rejected' ? { rejection: template.message } : {}),
    };
  }
  if (!deployment) return { kind: 'missing', name: workload };
  const [autoscaler] = store.autoscalers.byIndex(
    'target',
    `${release.namespace}/${deployment.name}`,
  );
  const current = identityOf(deployment.template).digest;
  const configuredDigest = configured && identityOf(configured.template).digest;
  const ownSets: OwnSetView[] = store.replicaSets.byIndex('owner', deployment.uid).map((set) => ({
    name: set.name,
    uid: set.uid,
    replicas: set.replicas,
    isCurrent: set.templateDigest === current || set.templateDigest === configuredDigest,
  }));
  return {
    kind: 'deployment',
    name: deployment.name,
    generation: deployment.generation,
    observedGeneration: deployment.observedGeneration,
    replicas: deployment.replicas,
    paused: deployment.paused,
    pausedByUs: deployment.pausedByUs,
    replicasOwners: deployment.replicasOwners,
    isMidRollout: deployment.isMidRollout || deployment.observedGeneration < deployment.generation,
    ...(autoscaler ? { autoscaler: autoscaler.name } : {}),
    ownSets,
  };
}
