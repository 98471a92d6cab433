// What the operator may do, as data. Each verb is one that it uses: reading what it observes, and
// writing what the design says it owns. No Secrets, no wildcards, no way to widen its own rights.

export interface Permission {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const READ = ['get', 'list', 'watch'] as const;
const OWN = [...READ, 'create', 'patch', 'delete'] as const;

/** In every namespace it looks after. */
export const OPERATOR_PERMISSIONS: readonly Permission[] = [
  { apiGroups: ['slipway.dev'], resources: ['appreleases'], verbs: [...READ, 'patch'] },
  { apiGroups: ['slipway.dev'], resources: ['appreleases/status'], verbs: ['patch', 'update'] },
  // Owner references with blockOwnerDeletion, where the cluster asks for the right to set them.
  { apiGroups: ['slipway.dev'], resources: ['appreleases/finalizers'], verbs: ['update'] },
  { apiGroups: ['slipway.dev'], resources: ['releaseactions'], verbs: [...READ, 'delete'] },
  { apiGroups: ['slipway.dev'], resources: ['releaseactions/status'], verbs: ['patch'] },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: [...READ, 'patch'] },
  { apiGroups: ['apps'], resources: ['replicasets'], verbs: OWN },
  { apiGroups: [''], resources: ['pods'], verbs: READ },
  { apiGroups: [''], resources: ['services'], verbs: OWN },
  // Copies of ConfigMaps, one set for each revision.
  { apiGroups: [''], resources: ['configmaps'], verbs: OWN },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
  { apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'], verbs: OWN },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: READ },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
];

/** In its own namespace only: electing the leader. */
export const OPERATOR_HOME_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: [...READ, 'create', 'update', 'patch'],
  },
];
