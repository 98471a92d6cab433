import { describe, expect, it } from '@jest/globals';
import type { RawObject } from '../kube/resource.ts';
import {
  projectAction,
  projectDeployment,
  projectEndpointSlice,
  projectPod,
  projectRelease,
  projectReplicaSet,
  projectService,
} from './projections.ts';

const raw = (metadata: object, rest: object = {}): RawObject =>
  ({
    apiVersion: 'v1',
    kind: 'Any',
    metadata: { name: 'shop', namespace: 'bank', uid: 'u1', resourceVersion: '7', ...metadata },
    ...rest,
  }) as unknown as RawObject;

describe('an AppRelease', () => {
  it('keeps who owns it and whether it goes', () => {
    expect(
      projectRelease(
        raw(
          {
            generation: 3,
            finalizers: ['a'],
            deletionTimestamp: '2026-01-01T00:00:00Z',
            labels: { 'slipway.dev/instance': 'blue' },
          },
          { spec: { replicas: 2 } },
        ),
      ),
    ).toMatchObject({
      generation: 3,
      isDeleted: true,
      finalizers: ['a'],
      instance: 'blue',
      spec: { replicas: 2 },
      status: {},
    });
    expect(projectRelease(raw({})).instance).toBe('slipway');
  });
});

describe('a Deployment', () => {
  const fields = (manager: string, ...names: string[]) => ({
    manager,
    fieldsV1: { 'f:spec': Object.fromEntries(names.map((name) => [`f:${name}`, {}])) },
  });
  const deployment = (spec: object, status: object, managedFields: object[] = []) =>
    projectDeployment(
      raw(
        { generation: 2, managedFields },
        { spec: { replicas: 3, ...spec }, status: { observedGeneration: 2, ...status } },
      ),
    );

  it('is in the middle of a rollout until all its pods are new', () => {
    expect(deployment({}, { updatedReplicas: 3, replicas: 3 }).isMidRollout).toBe(false);
    expect(deployment({}, { updatedReplicas: 2, replicas: 3 }).isMidRollout).toBe(true);
    expect(deployment({}, { updatedReplicas: 3, replicas: 4 }).isMidRollout).toBe(true);
    expect(deployment({ replicas: 0 }, {}).isMidRollout).toBe(false);
  });

  it('says who paused it and who else owns its replicas', () => {
    const ours = deployment({ paused: true }, {}, [
      fields('slipway', 'paused'),
      fields('slipway-replicas', 'replicas'),
    ]);
    expect(ours).toMatchObject({ paused: true, pausedByUs: true, replicasOwners: [] });
    const theirs = deployment({ paused: true }, {}, [fields('kubectl', 'paused', 'replicas')]);
    expect(theirs).toMatchObject({ paused: true, pausedByUs: false, replicasOwners: ['kubectl'] });
  });
});

describe('a ReplicaSet', () => {
  const set = (annotations: object, over: object = {}) =>
    projectReplicaSet(
      raw(
        {
          generation: 5,
          annotations,
          labels: { 'pod-template-hash': 'abc' },
          ownerReferences: [{ controller: true, kind: 'AppRelease', name: 'shop', uid: 'r1' }],
        },
        {
          spec: {
            replicas: 2,
            template: {
              spec: {
                containers: [
                  {
                    image: 'shop:1',
                    ports: [{ name: 'metrics', containerPort: 9464 }],
                    readinessProbe: { httpGet: { path: '/readyz' } },
                  },
                ],
              },
            },
          },
          ...over,
        },
      ),
    );

  it('keeps what a decision needs of it', () => {
    expect(
      set({
        'slipway.dev/revision': '7',
        'slipway.dev/outcome': 'failed',
        'slipway.dev/reason': 'ChecksFailed',
      }),
    ).toMatchObject({
      generation: 5,
      replicas: 2,
      hash: 'abc',
      revision: 7,
      outcome: 'failed',
      reason: 'ChecksFailed',
      images: ['shop:1'],
      ports: { metrics: 9464 },
      probePaths: ['/readyz'],
      owner: { kind: 'AppRelease', uid: 'r1' },
    });
  });

  it('of a Deployment has its revision, and an outcome that is nobody’s stable', () => {
    expect(set({ 'deployment.kubernetes.io/revision': '4' })).toMatchObject({
      revision: 4,
      outcome: 'superseded',
    });
    expect(set({ 'slipway.dev/outcome': 'nonsense' }).outcome).toBe('superseded');
  });

  it('says why it cannot make pods', () => {
    const failing = set(
      {},
      {
        status: {
          conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' }],
        },
      },
    );
    expect(failing.creationFailure).toBe('exceeded quota');
  });
});

describe('a pod', () => {
  const pod = (status: object, metadata: object = {}) =>
    projectPod(raw({ creationTimestamp: '2026-01-01T00:00:00Z', ...metadata }, { status }));

  it('is ready since when its condition says so', () => {
    expect(
      pod({
        podIP: '10.1.1.1',
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:05Z' }],
      }),
    ).toMatchObject({
      isReady: true,
      readyChangedAt: Date.UTC(2026, 0, 1, 0, 0, 5),
      ip: '10.1.1.1',
      isTerminating: false,
      isFinished: false,
    });
    expect(pod({})).toMatchObject({ isReady: false, readyChangedAt: Date.UTC(2026, 0, 1) });
  });

  it('adds up the restarts of its containers, and knows when it is over', () => {
    expect(
      pod(
        { phase: 'Failed', containerStatuses: [{ restartCount: 2 }, { restartCount: 1 }] },
        { deletionTimestamp: '2026-01-01T00:01:00Z' },
      ),
    ).toMatchObject({
      restarts: 3,
      isFinished: true,
      isTerminating: true,
    });
  });
});

describe('what is around', () => {
  it('endpoints are the pods that are not known to be unready', () => {
    const slice = projectEndpointSlice(
      raw(
        { labels: { 'kubernetes.io/service-name': 'shop-stable' } },
        {
          endpoints: [
            { conditions: { ready: true }, targetRef: { name: 'a' } },
            { conditions: { ready: false }, targetRef: { name: 'b' } },
            { conditions: {}, targetRef: { name: 'c' } },
            { conditions: { ready: true } },
          ],
        },
      ),
    );
    expect(slice).toMatchObject({ service: 'shop-stable', readyPods: ['a', 'c'] });
  });

  it('a Service says who else owns its selector', () => {
    const owned = raw(
      { managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:spec': { 'f:selector': {} } } }] },
      { spec: { selector: { app: 'x' } } },
    );
    expect(projectService(owned).selectorOwners).toEqual(['kubectl']);
  });

  it('an action is open until it has a phase', () => {
    expect(projectAction(raw({}, { spec: { action: 'abort' } })).phase).toBeUndefined();
    expect(
      projectAction(raw({}, { status: { phase: 'Applied', finishedAt: '2026-01-01T00:00:00Z' } })),
    ).toMatchObject({ phase: 'Applied', finishedAt: Date.UTC(2026, 0, 1) });
  });

  it('an object of any shape is read without harm', () => {
    const odd = raw({ ownerReferences: undefined }, { spec: 'text', status: [1, 2] });
    for (const project of [
      projectRelease,
      projectDeployment,
      projectReplicaSet,
      projectPod,
      projectService,
      projectEndpointSlice,
      projectAction,
    ]) {
      expect(() => project(odd)).not.toThrow();
    }
  });
});
