// Every label, annotation, finalizer and field manager that Slipway writes. Nothing else may spell
// one of these strings.

/** Labels the controller of a ReplicaSet puts on its pods; for us it also names the revision. */
export const POD_TEMPLATE_HASH = 'pod-template-hash';

export const LABEL = {
  /** On every object we make: the AppRelease it belongs to. */
  release: 'slipway.dev/release',
  /** On an AppRelease: which operator installation owns it. Absent means `slipway`. */
  instance: 'slipway.dev/instance',
  /** On the Job of a check, and its pod: the query it is run for. */
  query: 'slipway.dev/query',
  managedBy: 'app.kubernetes.io/managed-by',
} as const;

export const ANNOTATION = {
  /** On a ReplicaSet: the number of its revision. */
  revision: 'slipway.dev/revision',
  /** On a ReplicaSet: what became of its revision, one of `Outcome`. */
  outcome: 'slipway.dev/outcome',
  /** On a ReplicaSet: the reason of the outcome, from the catalogue. */
  reason: 'slipway.dev/reason',
  /** On an adopted ReplicaSet: digest of the ConfigMaps it referred to when it was adopted. */
  adoptedConfig: 'slipway.dev/adopted-config',
  /** On a copied ConfigMap: the name of the one it was copied from. */
  configSource: 'slipway.dev/config-source',
  /** On an HTTPRoute of ours: when its weight was last changed, RFC 3339 with milliseconds. */
  weightSetAt: 'slipway.dev/weight-set-at',
  /** On an AppRelease in git: the images its workload asks for, with commas; health checks compare. */
  images: 'slipway.dev/images',
  /** On a Deployment handed back paused: why it was left so. */
  handBack: 'slipway.dev/hand-back',
} as const;

export const FINALIZER = 'slipway.dev/hand-back';

/** Field manager of everything the operator applies, but for the two below. */
export const FIELD_MANAGER = 'slipway';
/** Owns `spec.replicas` where git leaves it out, so that an autoscaler can move it. */
export const REPLICAS_FIELD_MANAGER = 'slipway-replicas';
export const STATUS_FIELD_MANAGER = 'slipway-status';

/** `<release>-r<revision>-<hash>`: never `<deployment>-<hash>`, which the Deployment would adopt. */
export function replicaSetName(release: string, revision: number, hash: string): string {
  return `${release}-r${revision}-${hash}`;
}

/** Whether a ReplicaSet's name is one that we gave for that release, whoever owns it now. */
export function isReplicaSetNameOf(release: string, name: string): boolean {
  const rest = name.startsWith(`${release}-r`) ? name.slice(release.length + 2) : '';
  return /^[0-9]+-[a-z0-9]+$/.test(rest);
}

export const stableServiceName = (release: string): string => `${release}-stable`;
export const canaryServiceName = (release: string): string => `${release}-canary`;
