// What the operator may do, as data. Each verb is one that it uses: reading what it observes, and
// writing what the design says it owns. No wildcards, no way to widen its own rights, and Secrets
// only where it is told so.

export interface Permission {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** What a cache needs. */
const WATCH = ['list', 'watch'] as const;

/** In every namespace it looks after. */
export const OPERATOR_PERMISSIONS: readonly Permission[] = [
  { apiGroups: ['slipway.dev'], resources: ['appreleases'], verbs: [...WATCH, 'patch'] },
  { apiGroups: ['slipway.dev'], resources: ['appreleases/status'], verbs: ['patch'] },
  // Owner references with blockOwnerDeletion, where the cluster asks for the right to set them.
  { apiGroups: ['slipway.dev'], resources: ['appreleases/finalizers'], verbs: ['update'] },
  { apiGroups: ['slipway.dev'], resources: ['releaseactions'], verbs: [...WATCH, 'delete'] },
  { apiGroups: ['slipway.dev'], resources: ['releaseactions/status'], verbs: ['patch'] },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: [...WATCH, 'patch'] },
  {
    apiGroups: ['apps'],
    resources: ['replicasets'],
    verbs: [...WATCH, 'get', 'create', 'patch', 'delete'],
  },
  { apiGroups: [''], resources: ['pods'], verbs: WATCH },
  // Looked at before one is made, so that nobody's is taken over; never deleted.
  { apiGroups: [''], resources: ['services'], verbs: [...WATCH, 'get', 'create', 'patch'] },
  // Copies of ConfigMaps, one set for each revision.
  {
    apiGroups: [''],
    resources: ['configmaps'],
    verbs: [...WATCH, 'get', 'create', 'patch', 'delete'],
  },
  // Checks that are Jobs; at most one of each query at a time.
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'create', 'delete'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: WATCH },
  {
    apiGroups: ['gateway.networking.k8s.io'],
    resources: ['httproutes'],
    verbs: [...WATCH, 'get', 'create', 'patch'],
  },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: WATCH },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
];

/** In namespaces whose queries and scrapes name Secrets: only read, and only by name. */
export const OPERATOR_SECRET_PERMISSIONS: readonly Permission[] = [
  { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
];

/** In its own namespace only: electing the leader. */
export const OPERATOR_HOME_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'create', 'patch'],
  },
];
