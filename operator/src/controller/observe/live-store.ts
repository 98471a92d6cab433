// A look past caches that have fallen behind: the kinds whose caches have not seen our own last writes
// are listed live, in the namespace of the key; all else is as the caches have it.
import { type Cache, type Keyed, createCache } from '../../kube/cache.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { RawObject, ResourceType } from '../../kube/resource.ts';
import { LABEL, POD_TEMPLATE_HASH } from '../../api/labels.ts';
import * as project from '../projections.ts';
import * as type from '../resources.ts';
import type { Store } from '../store.ts';
import {
  indexActions,
  indexByOwner,
  indexEndpointSlices,
  indexReleases,
  indexReplicaSets,
} from '../store-indexes.ts';

/** One list for each kind in `behind`, and no more. */
export async function readLive(
  client: KubeClient,
  store: Store,
  { behind, namespace }: { readonly behind: readonly ResourceType[]; readonly namespace: string },
): Promise<Store> {
  const overlays = await Promise.all(
    behind.map(({ plural }) => READERS[plural]?.((one) => listed(client, namespace, one))),
  );
  return Object.assign({}, store, ...overlays.filter((one) => one !== undefined)) as Store;
}

interface Listing<T extends Keyed> {
  readonly type: ResourceType;
  readonly project: (raw: RawObject) => T;
  readonly index?: (cache: Cache<T>) => void;
  readonly labelSelector?: string;
}

type List = <T extends Keyed>(listing: Listing<T>) => Promise<Cache<T>>;

/* What we write and read back; by the plural of the kind. ConfigMaps are copied once and never change. */
const READERS: Readonly<Record<string, (list: List) => Promise<Partial<Store>>>> = {
  [type.APP_RELEASE.plural]: async (list) => ({
    releases: await list({
      type: type.APP_RELEASE,
      project: project.projectRelease,
      index: indexReleases,
    }),
  }),
  [type.RELEASE_ACTION.plural]: async (list) => ({
    actions: await list({
      type: type.RELEASE_ACTION,
      project: project.projectAction,
      index: indexActions,
    }),
  }),
  [type.DEPLOYMENT.plural]: async (list) => ({
    deployments: await list({ type: type.DEPLOYMENT, project: project.projectDeployment }),
  }),
  [type.REPLICA_SET.plural]: async (list) => ({
    replicaSets: await list({
      type: type.REPLICA_SET,
      project: project.projectReplicaSet,
      index: indexReplicaSets,
      labelSelector: POD_TEMPLATE_HASH,
    }),
    // Whoever sees new sets with old pods would take the sets for empty.
    pods: await list({
      type: type.POD,
      project: project.projectPod,
      index: indexByOwner,
      labelSelector: POD_TEMPLATE_HASH,
    }),
  }),
  [type.SERVICE.plural]: async (list) => ({
    services: await list({ type: type.SERVICE, project: project.projectService }),
    endpointSlices: await list({
      type: type.ENDPOINT_SLICE,
      project: project.projectEndpointSlice,
      index: indexEndpointSlices,
      labelSelector: LABEL.release,
    }),
  }),
  [type.HTTP_ROUTE.plural]: async (list) => {
    const cache = await list({ type: type.HTTP_ROUTE, project: project.projectRoute });
    return { routes: () => ({ kind: 'filled', cache }) };
  },
};

async function listed<T extends Keyed>(
  client: KubeClient,
  namespace: string,
  listing: Listing<T>,
): Promise<Cache<T>> {
  const { index, labelSelector, project: projection } = listing;
  const selection = labelSelector === undefined ? {} : { labelSelector };
  const { items } = await client.list(listing.type, { namespace, ...selection });
  const cache = createCache<T>(() => undefined);
  index?.(cache);
  for (const item of items) cache.set(projection(item));
  return cache;
}
