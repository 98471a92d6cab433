// Resource types and where their objects live in the API server's URL space.

/** What the API server calls a resource; `group` is '' for the core group. */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** The metadata fields in use here; the server sends more, and what is raw keeps them. */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: unknown[];
}

/** An object as it is on the wire: nothing dropped, nothing converted. */
export type RawObject = {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  [key: string]: unknown;
};

/** Names one object; `namespace` is '' or absent for cluster-scoped types. */
export interface ObjectName {
  readonly namespace?: string;
  readonly name: string;
}

export interface ObjectRef extends ObjectName {
  readonly type: ResourceType;
}

/** "apps/v1", or "v1" for the core group. */
export function apiVersionOf(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** The path of all objects of a type, in one namespace or (without) in all of them. */
export function collectionPath(type: ResourceType, namespace?: string): string {
  const root = type.group === '' ? '/api' : '/apis';
  const base = `${root}/${apiVersionOf(type)}`;
  if (!type.namespaced || namespace === undefined || namespace === '') {
    return `${base}/${type.plural}`;
  }
  return `${base}/namespaces/${encodeURIComponent(namespace)}/${type.plural}`;
}

/** The path of one object, or of a subresource of it such as "status" or "scale". */
export function objectPath(type: ResourceType, name: ObjectName, subresource?: string): string {
  const path = `${collectionPath(type, name.namespace)}/${encodeURIComponent(name.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}
