// Ways in which an operator could take pods or traffic from users, or itself from its releases.
import { describe, expect, it } from '@jest/globals';
import {
  APP_RELEASE,
  DEPLOYMENT,
  HTTP_ROUTE,
  REPLICA_SET,
  SERVICE,
} from '../../operator/src/controller/resources.ts';
import { record, text } from '../../operator/src/lib/json.ts';
import { applyAll } from '../../operator/src/controller/apply.ts';
import { meaningOf } from '../../operator/src/controller/errors.ts';
import { projectRelease, projectService } from '../../operator/src/controller/projections.ts';
import { parseSpec } from '../../operator/src/api/parse.ts';
import { errorFromAnswer } from '../../operator/src/kube/api-error.ts';
import type { Transport } from '../../operator/src/kube/transport.ts';
import { systemClock } from '../../operator/src/lib/clock.ts';
import {
  APP,
  appRelease,
  canary,
  configMap,
  deployment,
  gitRoute,
  ROUTE_SPEC,
  service,
} from './support/builders.ts';
import { startGateway } from './support/gateway.ts';
import { useLabs, type Lab } from './support/lab.ts';
import {
  ask,
  isHealthy,
  isPausedAt,
  readyReason,
  serving,
  uidsOf,
} from './support/release-steps.ts';
import { watchUsers } from './support/users.ts';

const openLab = useLabs();

const OWNED = { service: APP, gateway: { route: ROUTE_SPEC }, settleSeconds: 0 };
const REFERRED = {
  service: APP,
  gateway: { routeRef: { name: 'shop', rule: 'main' } },
  settleSeconds: 0,
};
const isGone = (lab: Lab) => () => lab.world.get(APP_RELEASE, APP) === undefined;
const selectorOf = (lab: Lab, name: string) =>
  record(record(lab.world.get(SERVICE, name)?.['spec'])['selector']);

async function refusal(change: Promise<unknown>): Promise<string> {
  return change.then(
    () => 'accepted',
    (error: unknown) => String(error),
  );
}

describe('the traffic of a live release', () => {
  it('keeps its gateway, its Service and the owner of its route', async () => {
    const lab = await openLab();
    startGateway(lab);
    await lab.apply(service());
    await serving(lab, { spec: { traffic: OWNED } });
    const change = (traffic: unknown) =>
      refusal(lab.patch(APP_RELEASE, APP, { spec: { traffic } }));
    expect(await change(null)).toContain('traffic.gateway cannot be taken away');
    expect(await change({ gateway: null })).toContain('traffic.gateway cannot be taken away');
    expect(await change({ service: 'other' })).toContain('traffic.service cannot change');
    const {
      gateway: { routeRef },
    } = REFERRED;
    expect(await change({ gateway: { route: null, routeRef } })).toContain(
      'cannot change between route and routeRef',
    );
    expect(await change({ settleSeconds: 1 })).toBe('accepted');
  });

  it('is not taken for share of pods where Services of the release still split it', async () => {
    const lab = await openLab();
    await lab.apply(service({ selector: { app: APP } }));
    await serving(lab, { spec: { traffic: { service: APP } } });
    // As an older CRD would have let it come about.
    const { uid = '' } = lab.world.get(APP_RELEASE, APP)?.metadata ?? {};
    const owner = {
      apiVersion: 'slipway.dev/v1alpha1',
      kind: 'AppRelease',
      name: APP,
      uid,
      controller: true,
    };
    const left = service({ selector: { app: APP } });
    await lab.client.create(SERVICE, {
      ...left,
      metadata: {
        name: `${APP}-stable`,
        namespace: lab.namespace,
        ownerReferences: [owner],
        labels: { 'slipway.dev/release': APP, 'app.kubernetes.io/managed-by': 'slipway' },
      },
    });
    await lab.eventually('the condition', () => readyReason(lab) === 'TrafficChanged');
    const before = uidsOf(lab, '1');
    await ask(lab, { tag: '2' });
    await lab.eventually(
      'the look at version 2',
      () =>
        lab.status().workload?.generation === lab.world.get(DEPLOYMENT, APP)?.metadata.generation,
    );
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
    await lab.eventually('the set at the Deployment', () =>
      lab.world.foreignSets().some(({ desired }) => desired === 2),
    );
    await lab.kubectl(['rollout', 'status', `deployment/${APP}`, '--timeout=20s']);
    expect(uidsOf(lab, '1')).toEqual(before);
    // It asks for no right to the finalizers of Deployments.
    const [given] = lab.world
      .list(REPLICA_SET)
      .filter(({ metadata }) => metadata.ownerReferences?.[0]?.kind === 'Deployment');
    expect(given?.metadata.ownerReferences?.[0]).toMatchObject({
      controller: true,
      blockOwnerDeletion: false,
    });
  });

  it.each(['at rest', 'in the middle of a release'])(
    'leaves the pair of Services to the rule of git, %s',
    async (when) => {
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
        expect(text(metadata?.annotations?.['slipway.dev/hand-back'])).toContain(
          'HTTPRoute rule names it',
        );
      }
      expect(users.unanswered()).toEqual([]);

      // Whoever makes the AppRelease again finds them free.
      await lab.apply({
        apiVersion: 'slipway.dev/v1alpha1',
        kind: 'AppRelease',
        metadata: { name: APP },
        spec: {
          workloadRef: { name: APP },
          strategy: { canary: {} },
          replicas: 2,
          traffic: REFERRED,
        },
      });
      if (when === 'at rest') {
        await lab.eventually('version 1 behind the rule', isHealthy(lab, '1'));
        expect(selectorOf(lab, `${APP}-stable`)['pod-template-hash']).toBe(
          lab.status().stable?.podTemplateHash,
        );
        expect(lab.world.get(SERVICE, `${APP}-stable`)?.metadata.ownerReferences).toHaveLength(1);
      }
      expect(lab.world.get(HTTP_ROUTE, 'shop')).toBeDefined();
    },
  );

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

describe('an object of our name', () => {
  const EMPTY = { status: {}, sets: [], copies: [], unreadable: [], selector: { app: APP } };

  it.each(['Service', 'HTTPRoute'])(
    'that the cache does not show yet is not taken over: %s',
    async (kind) => {
      const lab = await openLab();
      const own = await lab.apply(service());
      const spec = canary([], { replicas: 1, traffic: OWNED });
      const release = projectRelease(await lab.apply(appRelease(spec)));
      const theirs = { app: 'theirs' };
      const type = kind === 'Service' ? SERVICE : HTTP_ROUTE;
      const name = kind === 'Service' ? `${APP}-stable` : APP;
      const before = await lab.client.create(
        type,
        kind === 'Service'
          ? {
              metadata: { name, namespace: lab.namespace },
              spec: { selector: theirs, ports: [{ name: 'x', port: 81 }] },
            }
          : {
              metadata: { name, namespace: lab.namespace },
              spec: {
                parentRefs: [{ name: 'theirs' }],
                rules: [{ backendRefs: [{ name: 'theirs', port: 81 }] }],
              },
            },
      );
      const parsed = parseSpec(spec);
      const effect =
        kind === 'Service'
          ? { kind: 'pointService' as const, role: 'stable' as const, hash: 'abc' }
          : { kind: 'setWeight' as const, weight: 0 };
      const applied = await applyAll(
        {
          client: lab.client,
          clock: systemClock,
          materials: {
            ...EMPTY,
            release,
            spec: parsed.kind === 'valid' ? parsed.value : undefined,
            traffic: { own: projectService(own), isOwnManaged: true },
          },
        },
        [effect],
      );
      expect(applied.kind === 'failed' && meaningOf(applied.error, applied.effect)).toEqual({
        kind: 'lookAgain',
      });
      expect(await lab.client.get({ type, namespace: lab.namespace, name })).toEqual(before);
    },
  );
});

describe('what only a person can mend is told', () => {
  it('a misspelt field of the route', async () => {
    const lab = await openLab();
    await lab.apply(service());
    await lab.apply(deployment({ tag: '1' }, 0));
    const route = { ...ROUTE_SPEC, hostnamez: ['web.test'] };
    await lab.apply(
      appRelease(canary([], { replicas: 1, traffic: { service: APP, gateway: { route } } })),
    );
    await lab.startOperator();
    await lab.eventually('the condition', () => readyReason(lab) === 'InvalidSpec');
    expect(lab.status().message).toMatch(
      /^spec\.traffic\.gateway\.route: .*hostnamez.*not declared/,
    );
  });

  it('a ConfigMap that may not be read, until it may', async () => {
    const lab = await openLab();
    let isForbidden = true;
    const { transport } = lab;
    const limited: Transport = {
      ...transport,
      close: () => undefined,
      async request(call) {
        const reads = call.method === 'GET' && call.path.includes('/configmaps/');
        if (reads && isForbidden)
          throw errorFromAnswer({
            status: 403,
            what: `GET ${call.path}`,
            body: '{"message":"configmaps is forbidden"}',
          });
        return transport.request(call);
      },
    };
    await lab.apply(configMap('settings', { mode: 'a' }));
    const version = { tag: '1', configMaps: ['settings'] };
    await lab.apply(deployment(version, 0));
    await lab.apply(appRelease(canary([], { replicas: 1 })));
    await lab.startOperator({ transport: limited });
    await lab.eventually('the condition', () => readyReason(lab) === 'Forbidden');
    expect(lab.status()).toMatchObject({ phase: 'Blocked' });
    expect(lab.status().message).toContain('configmaps is forbidden');
    isForbidden = false;
    await lab.apply(configMap('settings', { mode: 'b' }));
    await lab.eventually('version 1', isHealthy(lab, '1'));
  });

  it('two releases of one rule of a route, but not two rules', async () => {
    const lab = await openLab();
    startGateway(lab);
    await lab.apply(gitRoute());
    await lab.apply(service());
    await serving(lab, { spec: { traffic: REFERRED } });
    const claim = (name: string, rule: string) => {
      const traffic = { service: name, gateway: { routeRef: { name: 'shop', rule } } };
      const workloadRef = { name };
      return lab.apply(appRelease(canary([], { replicas: 1, workloadRef, traffic }), name));
    };
    await claim('rival', 'main');
    await claim('neighbour', 'other');
    await lab.eventually('the claim', () => readyReason(lab, 'rival') === 'AlreadyClaimed');
    await lab.eventually(
      'the neighbour',
      () => readyReason(lab, 'neighbour') === 'WorkloadNotFound',
    );
  });
});
