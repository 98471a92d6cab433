import { describe, expect, it } from '@jest/globals';

import { ApiError, isConflict } from './api-error.ts';
import { createClient } from './client.ts';
import type { ClientOptions, Written } from './client.ts';
import { collectionPath, objectPath } from './resource.ts';
import type { ObjectRef, RawObject, ResourceType } from './resource.ts';
import { createFakeStore } from './testing/fake-store.ts';
import { createFakeTransport } from './testing/fake-transport.ts';
import { PODS, pod } from './testing/pods.ts';

const DEPLOYMENTS: ResourceType = {
  group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment', namespaced: true,
};
const NODES: ResourceType = { ...PODS, plural: 'nodes', kind: 'Node', namespaced: false };
const X: ObjectRef = { type: PODS, namespace: 'a', name: 'x' };

function setUp(options: ClientOptions = {}) {
  const store = createFakeStore();
  const transport = createFakeTransport(store);
  return { store, transport, client: createClient(transport, options) };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(() => 'succeeded', (error: unknown) => (error instanceof ApiError ? error.code : error));

describe('paths', () => {
  it.each([
    [collectionPath(PODS), '/api/v1/pods'],
    [collectionPath(PODS, 'a'), '/api/v1/namespaces/a/pods'],
    [collectionPath(DEPLOYMENTS, 'a'), '/apis/apps/v1/namespaces/a/deployments'],
    [collectionPath(NODES, 'ignored'), '/api/v1/nodes'],
    [objectPath(DEPLOYMENTS, X, 'scale'), '/apis/apps/v1/namespaces/a/deployments/x/scale'],
    [objectPath(NODES, { name: 'system:n 1' }), '/api/v1/nodes/system%3An%201'],
  ])('%s', (path, wanted) => {
    expect(path).toBe(wanted);
  });
});

describe('kube client', () => {
  it('creates, gets, and says that an object is already there', async () => {
    const { client } = setUp();
    const created = await client.create(PODS, pod('a', 'x', 'red'));
    expect(created).toMatchObject({ apiVersion: 'v1', kind: 'Pod' });
    expect(await client.get(X)).toEqual(created);
    expect(await codeOf(client.create(PODS, pod('a', 'x')))).toBe('alreadyExists');
    expect(await codeOf(client.get({ ...X, name: 'other' }))).toBe('notFound');
  });

  it('lists all pages, each object with its kind', async () => {
    const { store, transport, client } = setUp();
    for (let i = 0; i < 1200; i++) store.put(PODS, pod(i % 2 === 0 ? 'a' : 'b', `p${i}`));
    const { items, resourceVersion } = await client.list(PODS, { namespace: 'a' });
    expect(items).toHaveLength(600);
    expect(new Set(items.map((item) => item.kind))).toEqual(new Set(['Pod']));
    expect(resourceVersion).toBe(store.resourceVersion());
    expect(transport.calls).toHaveLength(2);
  });

  it('lists by selector', async () => {
    const { store, client } = setUp();
    store.put(PODS, pod('a', 'x', 'red'));
    store.put(PODS, pod('a', 'y', 'blue'));
    const { items } = await client.list(PODS, { labelSelector: 'color=red' });
    expect(items.map((item) => item.metadata.name)).toEqual(['x']);
  });

  it('applies under its field manager, and not over a version that moved', async () => {
    const { store, transport, client } = setUp();
    const options = { fieldManager: 'slipway', force: true, subresource: 'status' };
    const applied = await client.apply(PODS, { ...pod('a', 'x'), status: { phase: 'Ready' } }, options);
    expect(transport.calls[0]).toMatchObject({
      method: 'PATCH',
      path: '/api/v1/namespaces/a/pods/x/status',
      query: { fieldManager: 'slipway', force: true },
      contentType: 'application/apply-patch+yaml',
      body: { apiVersion: 'v1', kind: 'Pod' },
    });
    store.put(PODS, { ...applied, spec: { moved: true } });
    const stale: RawObject = {
      metadata: { namespace: 'a', name: 'x', resourceVersion: applied.metadata.resourceVersion ?? '' },
      status: { phase: 'Old' },
    };
    expect(await codeOf(client.apply(PODS, stale, options))).toBe('conflict');
    expect(store.get(PODS, 'a', 'x')?.['status']).toEqual({ phase: 'Ready' });
  });

  it('patches only the object it saw: a failed test is a conflict', async () => {
    const { store, client } = setUp();
    const created = await client.create(PODS, { ...pod('a', 'x'), spec: { replicas: 3 } });
    const scale = (uid: string, from: number) =>
      client.jsonPatch(X, [
        { op: 'test', path: '/metadata/uid', value: uid },
        { op: 'test', path: '/spec/replicas', value: from },
        { op: 'replace', path: '/spec/replicas', value: 5 },
      ]);
    const error: unknown = await scale('another', 3).catch((caught: unknown) => caught);
    expect(isConflict(error)).toBe(true);
    expect(store.get(PODS, 'a', 'x')?.['spec']).toEqual({ replicas: 3 });
    await scale(created.metadata.uid ?? '', 3);
    expect(store.get(PODS, 'a', 'x')?.['spec']).toEqual({ replicas: 5 });
  });

  it('does not take a refused field for a conflict', () => {
    const invalid = (details?: unknown) =>
      new ApiError({
        status: 422,
        code: 'invalid',
        reason: 'Invalid',
        message: 'the server rejected our request due to an error in our request',
        details,
      });
    expect(isConflict(invalid({ causes: [{ field: 'spec.replicas' }] }))).toBe(false);
    expect(isConflict(invalid())).toBe(true);
    expect(isConflict(new Error('other'))).toBe(false);
  });

  it('merges a patch', async () => {
    const { store, client } = setUp();
    store.put(PODS, { ...pod('a', 'x'), spec: { keep: 1, drop: 2 } });
    await client.mergePatch(X, { spec: { drop: null } });
    expect(store.get(PODS, 'a', 'x')?.['spec']).toEqual({ keep: 1 });
  });

  it('deletes only the object it means', async () => {
    const { store, client } = setUp();
    const { metadata } = await client.create(PODS, pod('a', 'x'));
    expect(await codeOf(client.delete(X, { preconditions: { uid: 'another' } }))).toBe('conflict');
    await client.delete(X, { preconditions: { uid: metadata.uid ?? '' } });
    expect(store.list(PODS)).toEqual([]);
    expect(await codeOf(client.delete(X))).toBe('notFound');
  });

  it('tells what was written, and nothing of dry runs', async () => {
    const written: Written[] = [];
    const { store, client } = setUp({ onWrite: (each) => written.push(each) });
    await client.create(PODS, pod('a', 'x'), { dryRun: true });
    expect(store.list(PODS)).toEqual([]);
    expect(written).toEqual([]);
    await client.create(PODS, pod('a', 'x'));
    await client.mergePatch(X, { spec: { a: 1 } });
    await client.delete(X);
    expect(written.map(({ object }) => object.metadata.resourceVersion)).toEqual(['101', '102']);
  });

  it('writes nothing once it may no longer write, and still reads', async () => {
    let isLeader = true;
    const beforeWrite = () => {
      if (!isLeader) throw new Error('no longer the leader');
    };
    const { store, client } = setUp({ beforeWrite });
    await client.create(PODS, pod('a', 'x', 'red'));
    const before = store.resourceVersion();
    isLeader = false;
    const writes = [
      client.create(PODS, pod('a', 'y')),
      client.apply(PODS, pod('a', 'y'), { fieldManager: 'slipway' }),
      client.jsonPatch(X, [{ op: 'remove', path: '/metadata/labels' }]),
      client.mergePatch(X, { spec: { a: 1 } }),
      client.delete(X),
    ];
    const outcomes = await Promise.allSettled(writes);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(writes.map(() => 'rejected'));
    expect(store.resourceVersion()).toBe(before);
    expect(await client.get(X)).toMatchObject({ kind: 'Pod' });
  });
});
