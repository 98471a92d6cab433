// Size, age and neighbours of a release: autoscalers, history, newer versions, other releases, other
// operators.
import { describe, expect, it } from '@jest/globals';
import { AUTOSCALER, DEPLOYMENT } from '../../operator/src/controller/resources.ts';
import { record } from '../../operator/src/lib/json.ts';
import { APP, appRelease, canary, deployment, ROUTE_SPEC, service } from './support/builders.ts';
import { startGateway } from './support/gateway.ts';
import { useLabs, type Lab } from './support/lab.ts';
import {
  ask,
  condition,
  isHealthy,
  isPausedAt,
  isRolledBack,
  readyReason,
  serving,
  uidsOf,
} from './support/release-steps.ts';

const openLab = useLabs();
const readyPods = (lab: Lab) => lab.world.pods().filter((pod) => pod.isReady && !pod.isTerminating);

describe('the scale subresource', () => {
  it('S2: keeps a size set by an autoscaler at rest, in mid-release and after a rollback', async () => {
    const lab = await openLab();
    await serving(lab, { steps: [{ weight: 50 }, { pause: {} }], replicas: 2 });
    const scale = (replicas: number) =>
      lab.kubectl(['scale', 'apprelease', APP, `--replicas=${replicas}`]);
    await scale(4);
    await lab.eventually('four pods', () => readyPods(lab).length === 4);
    const got = JSON.parse(
      await lab.kubectl([
        'get',
        '--raw',
        `/apis/slipway.dev/v1alpha1/namespaces/${lab.namespace}/appreleases/${APP}/scale`,
      ]),
    ) as unknown;
    expect(record(record(got)['status'])).toEqual({ replicas: 4, selector: `app=${APP}` });

    await ask(lab, { tag: '2' });
    await lab.eventually('the pause', isPausedAt(lab, 50));
    await scale(6);
    await lab.eventually(
      'three of each',
      () =>
        [...uidsOf(lab, '1'), ...uidsOf(lab, '2')].length === 6 && uidsOf(lab, '2').length === 3,
    );
    expect(lab.status().stage).toBe('Stepping');
    await lab.apply({
      apiVersion: 'slipway.dev/v1alpha1',
      kind: 'ReleaseAction',
      metadata: { name: 'no' },
      spec: { release: APP, action: 'abort', revision: 2, by: 'admin' },
    });
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
    await scale(3);
    await lab.eventually(
      'three pods of version 1',
      () =>
        readyPods(lab)
          .map(({ image }) => image)
          .join() === '1,1,1',
    );
    expect(lab.status().phase).toBe('RolledBack');
    await scale(0);
    await lab.eventually('no pod', () => lab.world.pods().length === 0);
    expect(lab.status().phase).toBe('RolledBack');
  });

  it('S2: is what an autoscaler of the Deployment is told to use, before anything is touched', async () => {
    const lab = await openLab();
    await lab.apply(deployment({ tag: '1' }, 2));
    await lab.eventually('the Deployment to serve', () => readyPods(lab).length === 2);
    const scaler = (kind: string, apiVersion: string) => ({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'scaler' },
      spec: {
        minReplicas: 2,
        maxReplicas: 4,
        scaleTargetRef: { apiVersion, kind, name: APP },
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
          },
        ],
      },
    });
    await lab.apply(scaler('Deployment', 'apps/v1'));
    await lab.apply(appRelease(canary([])));
    await lab.startOperator();
    await lab.eventually('the condition', () => readyReason(lab) === 'TargetedByAutoscaler');
    expect(lab.world.sets()).toEqual([]);
    expect(record(lab.world.get(DEPLOYMENT, APP)?.['spec'])['paused']).toBeUndefined();
    await lab.client.delete({ type: AUTOSCALER, namespace: lab.namespace, name: 'scaler' });
    await lab.apply(scaler('AppRelease', 'slipway.dev/v1alpha1'));
    await lab.eventually('the adoption', isHealthy(lab, '1'));
  });
});

describe('a newer version', () => {
  it('takes the place of one under way, within its bounds, and the pods that answer stay enough', async () => {
    const lab = await openLab();
    await serving(lab, { steps: [{ weight: 50 }, { pause: { seconds: 1 } }], replicas: 4 });
    await ask(lab, { tag: '2' });
    await lab.eventually('the pause', () => lab.status().weight?.observed === 50);
    const from = lab.world.podFrames.length;
    await ask(lab, { tag: '3' });
    await lab.eventually('version 3', isHealthy(lab, '3'));
    expect(lab.status().history?.map(({ revision, outcome }) => [revision, outcome])).toEqual([
      [3, 'Promoted'],
      [2, 'Superseded'],
      [1, 'Promoted'],
    ]);
    for (const frame of lab.world.podFrames.slice(from)) {
      const live = frame.filter((pod) => !pod.isTerminating);
      expect(live.filter((pod) => pod.isReady).length).toBeGreaterThanOrEqual(4);
      expect(live.length).toBeLessThanOrEqual(5);
    }
  });

  it('that is the one before is a step back: undone, and nothing is refused', async () => {
    const lab = await openLab();
    await serving(lab, { steps: [{ weight: 50 }, { pause: {} }] });
    await ask(lab, { tag: '2' });
    await lab.eventually('the pause', isPausedAt(lab, 50));
    await ask(lab, { tag: '1' });
    await lab.eventually('version 1', isHealthy(lab, '1'));
    expect(lab.status().history?.[0]).toMatchObject({ revision: 2, outcome: 'Undone' });
    await ask(lab, { tag: '2' });
    await lab.eventually('the pause again', isPausedAt(lab, 50));
  });

  it('leaves as many old sets as revisionHistoryLimit says', async () => {
    const lab = await openLab();
    await serving(lab, { steps: [], replicas: 1, spec: { revisionHistoryLimit: 2 } });
    for (const tag of ['2', '3', '4', '5']) {
      await ask(lab, { tag });
      await lab.eventually(`version ${tag}`, isHealthy(lab, tag));
    }
    await lab.eventually(
      'the old sets to go',
      () =>
        lab.world
          .sets()
          .map(({ image }) => image)
          .join() === '3,4,5',
    );
  });
});

describe('releases beside each other', () => {
  it('cannot have the same Deployment: the older goes on', async () => {
    const lab = await openLab();
    await serving(lab);
    await lab.apply(appRelease(canary([]), 'second'));
    await lab.eventually('the condition', () => readyReason(lab, 'second') === 'AlreadyClaimed');
    expect(condition(lab, 'Ready', 'second')?.message).toContain(`AppRelease ${APP} is older`);
    await ask(lab, { tag: '2' });
    await lab.eventually('the pause of the first', isPausedAt(lab, 50));
    expect(lab.world.sets().every(({ owner }) => owner === `AppRelease/${APP}`)).toBe(true);
  });

  it('cannot have the same Service: the older goes on', async () => {
    const lab = await openLab();
    startGateway(lab);
    await lab.apply(service());
    const traffic = { service: APP, gateway: { route: ROUTE_SPEC }, settleSeconds: 0 };
    await serving(lab, { spec: { traffic } });
    await lab.apply(appRelease(canary([], { workloadRef: { name: 'other' }, traffic }), 'second'));
    await lab.eventually('the condition', () => readyReason(lab, 'second') === 'AlreadyClaimed');
  });

  it('belong to the operator that their label names', async () => {
    const lab = await openLab();
    await lab.apply(deployment({ tag: '1' }, 0));
    const release = appRelease(canary([], { replicas: 1 }));
    await lab.apply({
      ...release,
      metadata: { ...release.metadata, labels: { 'slipway.dev/instance': 'blue' } },
    });
    const standard = await lab.startOperator();
    await lab.startOperator({ instance: 'blue' });
    await lab.eventually('version 1', isHealthy(lab, '1'));
    expect(standard.lines.some((line) => line.includes('"kind":"journal"'))).toBe(false);
  });
});

describe('an operator for all namespaces', () => {
  it('plays releases of the same name in each of them', async () => {
    const labs = [await openLab(), await openLab()];
    for (const lab of labs) {
      const release = appRelease(canary([{ weight: 50 }], { replicas: 1 }));
      await lab.apply(deployment({ tag: '1' }, 0));
      await lab.apply({ ...release, metadata: { ...release.metadata, labels: { 'slipway.dev/instance': 'wide' } } });
    }
    await labs[0]?.startOperator({ instance: 'wide', isClusterWide: true });
    for (const lab of labs) await lab.eventually('version 1', isHealthy(lab, '1'));
    for (const lab of labs) await ask(lab, { tag: '2' });
    for (const lab of labs) await lab.eventually('version 2', isHealthy(lab, '2'));
  });
});
