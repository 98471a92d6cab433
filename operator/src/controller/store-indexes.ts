// By what the cached objects can be found besides their names. The same for the caches that follow the
// API server and for those of one live look.
import type { Cache } from '../kube/cache.ts';
import { record, text } from '../lib/json.ts';
import type * as project from './projections.ts';

type Namespaced = { readonly namespace: string };

export function indexReleases(cache: Cache<project.ReleaseObject>): void {
  cache.addIndex('deployment', ({ namespace, spec }) =>
    named(namespace, record(spec['workloadRef'])['name']),
  );
  cache.addIndex('service', ({ namespace, spec }) =>
    named(namespace, record(spec['traffic'])['service']),
  );
  cache.addIndex('route', ({ namespace, spec }) =>
    named(namespace, record(record(record(spec['traffic'])['gateway'])['routeRef'])['name']),
  );
}

export function indexActions(cache: Cache<project.ActionObject>): void {
  cache.addIndex('release', (action) => named(action.namespace, action.spec['release']));
}

export function indexReplicaSets(cache: Cache<project.ReplicaSetObject>): void {
  cache.addIndex('owner', ({ owner }) => (owner ? [owner.uid] : []));
  cache.addIndex('uid', ({ uid }) => [uid]);
}

export function indexByOwner(cache: Cache<project.PodObject | project.ConfigMapObject>): void {
  cache.addIndex('owner', ({ owner }) => (owner ? [owner.uid] : []));
}

export function indexEndpointSlices(cache: Cache<project.EndpointSliceObject>): void {
  cache.addIndex('service', (slice) => [keyOf(slice, slice.service)]);
}

/** `namespace/name`, for an object in the same namespace. */
export function keyOf({ namespace }: Namespaced, name: string): string {
  return `${namespace}/${name}`;
}

/** The key of a name that a field holds; none where it holds something else. */
export function named(namespace: string, name: unknown): string[] {
  const known = text(name);
  return known === undefined ? [] : [`${namespace}/${known}`];
}
