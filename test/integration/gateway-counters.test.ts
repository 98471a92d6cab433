// Releases judged by what the gateway counts of each backend, and the rules that keep it counting. The
// pages are played, everything else is real.
import { describe, expect, it } from '@jest/globals';
import { APP_RELEASE, HTTP_ROUTE } from '../../operator/src/controller/resources.ts';
import { list, record } from '../../operator/src/lib/json.ts';
import { APP, appRelease, canary, deployment, ROUTE_SPEC, service } from './support/builders.ts';
import { startGateway } from './support/gateway.ts';
import { useLabs, type Lab } from './support/lab.ts';
import { playProxy, type PlayedProxy } from './support/proxy-pages.ts';
import {
  ask,
  condition,
  isHealthy,
  isRolledBack,
  readyReason,
  serving,
} from './support/release-steps.ts';

const openLab = useLabs();

const TRAFFIC = { service: APP, gateway: { route: ROUTE_SPEC }, settleSeconds: 0 };
const CHECKS = { gateway: { provider: 'envoyGateway', address: 'envoy.gateways.svc:19001' } } as const;
const PINNED = [`${APP}-stable`, `${APP}-canary`];

const fine = { requests: 100, errors: 0 };

async function counted(proxy: PlayedProxy, verify: object = {}): Promise<Lab> {
  const lab = await openLab();
  startGateway(lab);
  await lab.apply(service());
  await serving(lab, {
    steps: [{ weight: 50 }, { verify: { seconds: 1, requests: 150, ...verify } }],
    spec: { traffic: TRAFFIC, checks: CHECKS },
    operator: { gatewayAccess: playProxy(() => lab.namespace, proxy) },
  });
  return lab;
}

/** Names of the backends of rules beyond those that the author wrote. */
function pins(lab: Lab): unknown[] {
  const rules = list(record(lab.world.get(HTTP_ROUTE, APP)?.['spec'])['rules']).map(record);
  return rules
    .slice(ROUTE_SPEC.rules.length)
    .map(({ backendRefs }) => record(list(backendRefs)[0])['name']);
}

describe('a candidate that is judged at the gateway alone', () => {
  it('is rolled back when requests to it fail there, whatever its pods would say', async () => {
    const proxy = { clusters: 'service', stable: fine, canary: { requests: 100, errors: 0.3 } } as const;
    const lab = await counted({ ...proxy }, { seconds: 3600 });
    await ask(lab, { tag: '2' });
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
    expect(readyReason(lab)).toBe('ChecksFailed');
    expect(lab.status().history?.[0]?.message).toContain('at the gateway canary');
    const [check] = lab.status().checks ?? [];
    expect(check?.canary?.errors).toBeGreaterThan(0);
    expect(check?.stable?.errors).toBe(0);
  });

  it('goes on when enough requests are counted there', async () => {
    const lab = await counted({ clusters: 'service', stable: fine, canary: fine });
    await ask(lab, { tag: '2' });
    await lab.eventually('version 2', isHealthy(lab, '2'));
    expect(lab.status().history?.[0]?.requests).toBeGreaterThanOrEqual(150);
  });

  it('waits where nothing is counted per backend, and is told what to do', async () => {
    const proxy: PlayedProxy = { clusters: 'rule', stable: fine, canary: { requests: 100, errors: 1 } };
    const lab = await counted(proxy);
    await ask(lab, { tag: '2' });
    await lab.eventually(
      'the condition',
      () => condition(lab, 'GatewayCounted')?.reason === 'GatewayNotPerBackend',
    );
    expect(condition(lab, 'GatewayCounted')).toMatchObject({
      status: 'False',
      message: expect.stringContaining('mergeBackends'),
    });
    expect(lab.status()).toMatchObject({ phase: 'Progressing', stable: { revision: 1 } });
    proxy.clusters = 'service';
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
  });
});

describe('the rules that keep both Services known', () => {
  it('are there while an Envoy counts, and go with what asked for them', async () => {
    const lab = await counted({ clusters: 'service', stable: fine, canary: fine });
    expect(pins(lab)).toEqual(PINNED);
    const uncounted = appRelease(
      canary([{ weight: 50 }], { replicas: 2, traffic: TRAFFIC, checks: {} }),
    );
    await lab.apply(uncounted);
    await lab.eventually('the rules to go', () => pins(lab).length === 0);
    await lab.patch(APP_RELEASE, APP, { spec: { checks: CHECKS } });
    await lab.eventually('the rules to come back', () => pins(lab).length === 2);
    expect(pins(lab)).toEqual(PINNED);
    expect(lab.status().phase).toBe('Healthy');
  });

  it('are not left behind at hand-back', async () => {
    const lab = await counted({ clusters: 'service', stable: fine, canary: fine });
    await lab.remove(APP_RELEASE, APP);
    await lab.eventually('the AppRelease to go', () => !lab.world.get(APP_RELEASE, APP));
    expect(pins(lab)).toEqual([]);
    expect(record(lab.world.get(HTTP_ROUTE, APP)?.['spec'])['rules']).toHaveLength(
      ROUTE_SPEC.rules.length,
    );
  });

  it('need room in the route: one that has none is named', async () => {
    const lab = await openLab();
    startGateway(lab);
    await lab.apply(service());
    await lab.apply(deployment({ tag: '1' }, 1));
    const [rule] = ROUTE_SPEC.rules;
    const rules = Array.from({ length: 15 }, () => rule);
    const traffic = { ...TRAFFIC, gateway: { route: { ...ROUTE_SPEC, rules } } };
    await lab.apply(appRelease(canary([], { replicas: 1, traffic, checks: CHECKS })));
    await lab.startOperator();
    await lab.eventually('the condition', () => readyReason(lab) === 'InvalidSpec');
    expect(condition(lab, 'Ready')?.message).toContain('has 17 rules, and 16 are allowed');
  });
});
