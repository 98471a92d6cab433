// What is looked at when a cache never sees our own last write.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createCache, type Keyed, type WritableCache } from '../../kube/cache.ts';
import type { KubeClient } from '../../kube/client.ts';
import { createExpectations } from '../../kube/freshness.ts';
import type { RawObject } from '../../kube/resource.ts';
import { silent } from '../../lib/log.ts';
import { createManualClock } from '../../lib/manual-clock.ts';
import { createObserver } from './observe.ts';
import * as project from '../projections.ts';
import * as type from '../resources.ts';
import type { Store } from '../store.ts';
import { indexActions, indexByOwner, indexReleases, indexReplicaSets } from '../store-indexes.ts';

const ABSENT = (): never => {
  throw new Error('not needed here');
};

const releaseNow = (replicas: number): RawObject => ({
  apiVersion: 'slipway.dev/v1alpha1',
  kind: 'AppRelease',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'u',
    resourceVersion: String(replicas),
    labels: {},
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: { workloadRef: { name: 'web' }, replicas, strategy: { canary: {} } },
});

function indexed<T extends Keyed>(
  index?: (cache: WritableCache<T>) => void,
): WritableCache<T> {
  const cache = createCache<T>(ABSENT);
  index?.(cache);
  return cache;
}

let listed: string[];
const client = {
  async list({ plural }: { readonly plural: string }) {
    listed.push(plural);
    return { items: plural === 'appreleases' ? [releaseNow(7)] : [], resourceVersion: '9' };
  },
} as unknown as KubeClient;

function lab() {
  const clock = createManualClock();
  const releases = indexed<project.ReleaseObject>(indexReleases);
  releases.set(project.projectRelease(releaseNow(3)));
  const store = {
    releases,
    actions: indexed<project.ActionObject>(indexActions),
    deployments: indexed<project.DeploymentObject>(),
    replicaSets: indexed<project.ReplicaSetObject>(indexReplicaSets),
    pods: indexed<project.PodObject>(indexByOwner),
    services: indexed<project.ServiceObject>(),
    configMaps: indexed<project.ConfigMapObject>(indexByOwner),
    expectations: createExpectations({ clock, seen: () => '3' }),
    watchConfigMaps: () => undefined,
  } as unknown as Store;
  const observer = createObserver({
    store,
    client,
    clock,
    log: silent,
    instance: 'slipway',
    configs: { read: ABSENT } as never,
    templates: { try: ABSENT } as never,
  });
  const replicas = async () => {
    const seen = await observer.observe('shop/web', { kind: 'none' }, []);
    return seen.kind === 'observed' ? seen.snapshot.release.replicas : seen.kind;
  };
  return { clock, replicas, store };
}

beforeEach(() => {
  listed = [];
});

describe('a look at a release', () => {
  it('asks the API server for nothing while the caches keep up', async () => {
    const { replicas } = lab();
    expect(await replicas()).toBe(3);
    expect(listed).toEqual([]);
  });

  it('waits for a cache that has not seen our own write', async () => {
    const { clock, replicas, store } = lab();
    store.expectations.note(type.APP_RELEASE, 'shop/web', '7');
    clock.advance(4999);
    expect(await replicas()).toBe('stale');
    expect(listed).toEqual([]);
  });

  it('is live after five seconds, and only where the cache is behind', async () => {
    const { clock, replicas, store } = lab();
    store.expectations.note(type.APP_RELEASE, 'shop/web', '7');
    clock.advance(5000);
    expect(await replicas()).toBe(7);
    expect(listed).toEqual(['appreleases']);
  });

  it('is not live again for the same write', async () => {
    const { clock, replicas, store } = lab();
    store.expectations.note(type.APP_RELEASE, 'shop/web', '7');
    clock.advance(5000);
    await replicas();
    await replicas();
    expect(listed).toEqual(['appreleases']);
  });

  it('sees pods together with their sets', async () => {
    const { clock, replicas, store } = lab();
    store.expectations.note(type.REPLICA_SET, 'shop/web', '7');
    clock.advance(5000);
    await replicas();
    expect(listed).toEqual(['replicasets', 'pods']);
  });
});
