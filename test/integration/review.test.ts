// Ways in which an operator could take pods or traffic from users, or itself from its releases.
import { describe, expect, it } from '@jest/globals';
import { APP_RELEASE, DEPLOYMENT, HTTP_ROUTE, REPLICA_SET, SERVICE } from '../../operator/src/controller/resources.ts';
import { record, text } from '../../operator/src/lib/json.ts';
import { APP, gitRoute, ROUTE_SPEC, service } from './support/builders.ts';
import { startGateway } from './support/gateway.ts';
import { useLabs, type Lab } from './support/lab.ts';
import { ask, isHealthy, isPausedAt, readyReason, serving, uidsOf } from './support/release-steps.ts';
import { watchUsers } from './support/users.ts';

const openLab = useLabs();

const OWNED = { service: APP, gateway: { route: ROUTE_SPEC }, settleSeconds: 0 };
const REFERRED = {
  service: APP, gateway: { routeRef: { name: 'shop', rule: 'main' } }, settleSeconds: 0,
};
const isGone = (lab: Lab) => () => lab.world.get(APP_RELEASE, APP) === undefined;
const selectorOf = (lab: Lab, name: string) =>
  record(record(lab.world.get(SERVICE, name)?.['spec'])['selector']);

async function refusal(change: Promise<unknown>): Promise<string> {
  return change.then(() => 'accepted', (error: unknown) => String(error));
}

describe('the traffic of a live release', () => {
  it('keeps its gateway, its Service and the owner of its route', async () => {
    const lab = await openLab();
    startGateway(lab);
    await lab.apply(service());
    await serving(lab, { spec: { traffic: OWNED } });
    const change = (traffic: unknown) => refusal(lab.patch(APP_RELEASE, APP, { spec: { traffic } }));
    expect(await change(null)).toContain('traffic.gateway cannot be taken away');
    expect(await change({ gateway: null })).toContain('traffic.gateway cannot be taken away');
    expect(await change({ service: 'other' })).toContain('traffic.service cannot change');
    const { gateway: { routeRef } } = REFERRED;
    expect(await change({ gateway: { route: null, routeRef } }))
      .toContain('cannot change between route and routeRef');
    expect(await change({ settleSeconds: 1 })).toBe('accepted');
  });

  it('is not taken for share of pods where Services of the release still split it', async () => {
    const lab = await openLab();
    await lab.apply(service({ selector: { app: APP } }));
    await serving(lab, { spec: { traffic: { service: APP } } });
    // As an older CRD would have let it come about.
    const { uid = '' } = lab.world.get(APP_RELEASE, APP)?.metadata ?? {};
    const owner = { apiVersion: 'slipway.dev/v1alpha1', kind: 'AppRelease', name: APP, uid, controller: true };
    const left = service({ selector: { app: APP } });
    await lab.client.create(SERVICE, {
      ...left,
      metadata: {
        name: `${APP}-stable`, namespace: lab.namespace, ownerReferences: [owner],
        labels: { 'slipway.dev/release': APP, 'app.kubernetes.io/managed-by': 'slipway' },
      },
    });
    await lab.eventually('the condition', () => readyReason(lab) === 'TrafficChanged');
    const before = uidsOf(lab, '1');
    await ask(lab, { tag: '2' });
    await lab.eventually('the look at version 2', () => lab.status().workload?.generation === lab.world.get(DEPLOYMENT, APP)?.metadata.generation);
    expect(uidsOf(lab, '1')).toEqual(before);
    expect(lab.world.sets().map(({ image }) => image)).toEqual(['1']);
  });
});

describe('deleting an AppRelease', () => {
  it('whose specification makes no sense gives its pods back all the same', async () => {
    const lab = await openLab();
    await serving(lab);
    const before = uidsOf(lab, '1');
    const counter = (name: string) => ({ name, labels: { code: '(' } });
    const checks = { scrape: {}, errorRate: { total: counter('a'), errors: counter('b') } };
    await lab.patch(APP_RELEASE, APP, { spec: { checks } });
    await lab.eventually('the condition', () => readyReason(lab) === 'InvalidSpec');
    await lab.remove(APP_RELEASE, APP);
    await lab.eventually('the AppRelease to go', isGone(lab));
    await lab.eventually('the set at the Deployment', () => lab.world.foreignSets().some(({ desired }) => desired === 2));
    await lab.kubectl(['rollout', 'status', `deployment/${APP}`, '--timeout=20s']);
    expect(uidsOf(lab, '1')).toEqual(before);
    // It asks for no right to the finalizers of Deployments.
    const [given] = lab.world.list(REPLICA_SET).filter(({ metadata }) => metadata.ownerReferences?.[0]?.kind === 'Deployment');
    expect(given?.metadata.ownerReferences?.[0]).toMatchObject({ controller: true, blockOwnerDeletion: false });
  });

  it.each(['at rest', 'in the middle of a release'])('leaves the pair of Services to the rule of git, %s', async (when) => {
    const lab = await openLab();
    startGateway(lab);
    await lab.apply(gitRoute());
    await lab.apply(service());
    await serving(lab, { spec: { traffic: REFERRED } });
    const users = watchUsers(lab);
    if (when !== 'at rest') {
      await ask(lab, { tag: '2' });
      await lab.eventually('the pause', isPausedAt(lab, 50));
    }
    await lab.remove(APP_RELEASE, APP);
    await lab.eventually('the AppRelease to go', isGone(lab));
    await lab.eventually('version 1 alone', () => lab.world.pods().length === 2);
    for (const name of [`${APP}-stable`, `${APP}-canary`]) {
      expect(selectorOf(lab, name)).toEqual({ app: APP });
      const metadata = lab.world.get(SERVICE, name)?.metadata;
      expect(metadata?.ownerReferences ?? []).toEqual([]);
      expect(text(metadata?.annotations?.['slipway.dev/hand-back'])).toContain('HTTPRoute rule names it');
    }
    expect(users.unanswered()).toEqual([]);

    // Whoever makes the AppRelease again finds them free.
    await lab.apply({
      apiVersion: 'slipway.dev/v1alpha1', kind: 'AppRelease', metadata: { name: APP },
      spec: { workloadRef: { name: APP }, strategy: { canary: {} }, replicas: 2, traffic: REFERRED },
    });
    if (when === 'at rest') {
      await lab.eventually('version 1 behind the rule', isHealthy(lab, '1'));
      expect(selectorOf(lab, `${APP}-stable`)['pod-template-hash']).toBe(lab.status().stable?.podTemplateHash);
      expect(lab.world.get(SERVICE, `${APP}-stable`)?.metadata.ownerReferences).toHaveLength(1);
    }
    expect(lab.world.get(HTTP_ROUTE, 'shop')).toBeDefined();
  });

  it('at 0 replicas leaves a Deployment that goes on', async () => {
    const lab = await openLab();
    await serving(lab);
    await lab.patch(APP_RELEASE, APP, { spec: { replicas: 0 } });
    await lab.eventually('no pod', () => lab.world.pods().length === 0);
    await lab.remove(APP_RELEASE, APP);
    await lab.eventually('the AppRelease to go', isGone(lab));
    expect(record(lab.world.get(DEPLOYMENT, APP)?.['spec'])['paused'] ?? false).toBe(false);
  });
});
