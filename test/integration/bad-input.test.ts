// What makes no sense is refused with the field and a sentence; what only shows later is a condition
// with a remedy, costs nothing while it lasts, and ends by itself when it is mended.
import { describe, expect, it } from '@jest/globals';
import { parseSpec } from '../../operator/src/api/parse.ts';
import { queryNonsense } from '../../operator/src/api/testing/query-nonsense.ts';
import { APP_RELEASE, SERVICE } from '../../operator/src/controller/resources.ts';
import { sleep, systemClock } from '../../operator/src/lib/clock.ts';
import {
  APP,
  appRelease,
  canary,
  deployment,
  gitRoute,
  ROUTE_SPEC,
  service,
} from './support/builders.ts';
import { startGateway } from './support/gateway.ts';
import { useLabs } from './support/lab.ts';
import { condition, isHealthy, readyReason, serving, uidsOf } from './support/release-steps.ts';
import { requestsOf } from './support/requests-of.ts';

const openLab = useLabs();

const workloadRef = { name: APP };
const strategy = { canary: {} };
const canaryOf = (canary: object) => ({ workloadRef, strategy: { canary } });
const gatewayOf = (gateway: object) => ({
  workloadRef,
  strategy,
  traffic: { service: APP, gateway },
});

/* One row for each rule of the schema: the API server and the parser say the same of the same field. */
const NONSENSE: Record<string, { spec: object; field: string; says?: string }> = {
  'both a Deployment and a template': {
    spec: { workloadRef, template: {}, strategy },
    field: 'spec',
    says: 'name exactly one of workloadRef (a Deployment) and template (a pod template)',
  },
  'neither of the two': {
    spec: { strategy },
    field: 'spec',
    says: 'name exactly one of workloadRef (a Deployment) and template (a pod template)',
  },
  'no strategy': {
    spec: { workloadRef, strategy: {} },
    field: 'spec.strategy',
    says: 'name a strategy: canary',
  },
  'a step that is two things': {
    spec: canaryOf({ steps: [{ weight: 5 }, { weight: 10, pause: {} }] }),
    field: 'spec.strategy.canary.steps[1]',
    says: 'a step is exactly one of weight, verify or pause',
  },
  'a step that is nothing': {
    spec: canaryOf({ steps: [{}] }),
    field: 'spec.strategy.canary.steps[0]',
    says: 'a step is exactly one of weight, verify or pause',
  },
  'weights that fall': {
    spec: canaryOf({ steps: [{ weight: 50 }, { weight: 20 }] }),
    field: 'spec.strategy.canary.steps',
    says: 'the weights of the steps must not fall: a step back is a rollback, not a step',
  },
  'no room to replace a pod': {
    spec: canaryOf({ maxSurge: 0, maxUnavailable: '0%' }),
    field: 'spec.strategy.canary.maxSurge',
    says: 'maxSurge and maxUnavailable cannot both be 0: no pod could ever be replaced. Set maxSurge to at least 1',
  },
  'a route that two own': {
    spec: gatewayOf({ route: {}, routeRef: { name: 'shop', rule: 'main' } }),
    field: 'spec.traffic.gateway',
    says: 'name exactly one of route (the operator owns it) and routeRef (you own it)',
  },
  'a gateway without a route': {
    spec: gatewayOf({}),
    field: 'spec.traffic.gateway',
    says: 'name exactly one of route (the operator owns it) and routeRef (you own it)',
  },
  'proxies without a router': {
    spec: { workloadRef, strategy, checks: { gateway: { provider: 'traefik', address: 'a:1' } } },
    field: 'spec.checks.gateway',
    says: 'checks.gateway needs traffic.gateway: without a router there is no gateway that counts',
  },
  ...Object.fromEntries(
    ['http://proxies:80', 'proxies:70000', 'proxies', '[::1:80'].map((address) => [
      `proxies at ${address}`,
      {
        spec: {
          ...gatewayOf({ route: {} }),
          checks: { gateway: { provider: 'traefik', address } },
        },
        field: 'spec.checks.gateway.address',
        says: 'address is a name and a port without a scheme, like envoy-stats.envoy-gateway-system.svc:19001',
      },
    ]),
  ),
  'half of a pair of counters': {
    spec: { workloadRef, strategy, checks: { errorRate: { total: { name: 'requests' } } } },
    field: 'spec.checks.errorRate',
    says: 'name both total and errors, or neither (then well-known counters are recognised)',
  },
  'certificates without https': {
    spec: { workloadRef, strategy, checks: { scrape: { tls: { serverName: 'web' } } } },
    field: 'spec.checks.scrape.tls',
    says: 'tls is about https: set scheme to https, or leave tls out',
  },
  'somebody and anybody to trust': {
    spec: {
      workloadRef,
      strategy,
      checks: { scrape: { scheme: 'https', tls: { ca: { name: 'ca' }, insecureSkipVerify: true } } },
    },
    field: 'spec.checks.scrape.tls',
    says: 'ca says whom to trust and insecureSkipVerify to trust anybody: leave one of them out',
  },
  'more than everything': {
    spec: canaryOf({ steps: [{ weight: 101 }] }),
    field: 'spec.strategy.canary.steps[0].weight',
  },
  'a percentage without its sign': {
    spec: { workloadRef, strategy, checks: { falseRollbackRate: '1' } },
    field: 'spec.checks.falseRollbackRate',
  },
  'fewer than no pods': { spec: { workloadRef, strategy, replicas: -1 }, field: 'spec.replicas' },
  'another kind of workload': {
    spec: { workloadRef: { kind: 'StatefulSet', name: APP }, strategy },
    field: 'spec.workloadRef.kind',
  },
  'a name that cannot be one': {
    spec: { workloadRef: { name: 'No Name' }, strategy },
    field: 'spec.workloadRef.name',
  },
};

const refusal = async (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'accepted',
    (error: Error) => error.message,
  );

describe('the schema of the API server and the types', () => {
  it('M5: a query that makes no sense is refused by the API server in the words of the parser', async () => {
    const lab = await openLab();
    for (const { field, spec, what } of queryNonsense({ workloadRef, strategy })) {
      const parsed = parseSpec(spec);
      const said = parsed.kind === 'invalid' ? parsed.violations[0]?.message : 'nothing';
      const metadata = { namespace: lab.namespace, name: APP };
      const told = await refusal(lab.client.create(APP_RELEASE, { metadata, spec }));
      expect({ what, told }).toEqual({ what, told: expect.stringContaining(`${field}: Invalid value`) });
      expect({ what, told }).toEqual({ what, told: expect.stringContaining(said ?? 'nothing') });
    }
  });
});

describe('nonsense', () => {
  it.each(Object.entries(NONSENSE))(
    '%s is refused by the API server and by the parser alike',
    async (_name, { spec, field, says }) => {
      const lab = await openLab();
      const told = await refusal(
        lab.client.create(APP_RELEASE, { metadata: { namespace: lab.namespace, name: APP }, spec }),
      );
      expect(told).toContain(
        `${field}: Invalid value`.replace('kind: Invalid', 'kind: Unsupported'),
      );
      const parsed = parseSpec(spec);
      const violations = parsed.kind === 'invalid' ? parsed.violations : [];
      expect(violations.map((violation) => violation.field)).toContain(field);
      if (says === undefined) return;
      expect(told).toContain(says);
      expect(violations).toContainEqual({ field, message: says });
    },
  );

  it('that only shows in a change is refused then', async () => {
    const lab = await openLab();
    await lab.apply(appRelease(canary([])));
    const change = (spec: object) => refusal(lab.patch(APP_RELEASE, APP, { spec }));
    expect(await change({ workloadRef: { name: 'other' } })).toContain(
      'spec.workloadRef.name: Invalid value',
    );
    expect(await change({ workloadRef: { name: 'other' } })).toContain(
      'workloadRef.name cannot change; make another AppRelease',
    );
    expect(await change({ workloadRef: null, template: {} })).toContain(
      'a release cannot change between workloadRef and template',
    );
  });

  it('in its name is refused', async () => {
    const lab = await openLab();
    const long = {
      metadata: { namespace: lab.namespace, name: 'a'.repeat(53) },
      spec: { workloadRef, strategy },
    };
    expect(await refusal(lab.client.create(APP_RELEASE, long))).toContain(
      'metadata.name can have at most 52 characters',
    );
  });
});

describe('what is missing', () => {
  it('a Deployment: told, and the release begins when it is there', async () => {
    const lab = await openLab();
    await lab.apply(appRelease(canary([], { replicas: 1 })));
    await lab.startOperator();
    await lab.eventually('the condition', () => readyReason(lab) === 'WorkloadNotFound');
    expect(condition(lab, 'Stalled')?.status).toBe('True');
    expect(lab.status().message).toBe(
      `Deployment ${APP} does not exist; create it or correct spec.workloadRef.name`,
    );
    await lab.apply(deployment({ tag: '1' }, 0));
    await lab.eventually('version 1', isHealthy(lab, '1'));
  });

  it('a Service and then a route: told one after the other, while what runs goes on', async () => {
    const lab = await openLab();
    startGateway(lab);
    await serving(lab);
    const before = uidsOf(lab, '1');
    const traffic = {
      service: APP,
      gateway: { routeRef: { name: 'shop', rule: 'main' } },
      settleSeconds: 0,
    };
    await lab.patch(APP_RELEASE, APP, { spec: { traffic } });
    await lab.eventually('the missing Service', () => readyReason(lab) === 'ServiceNotFound');
    await lab.apply(service());
    await lab.eventually('the missing route', () => readyReason(lab) === 'RouteNotFound');
    await lab.apply(gitRoute());
    await lab.eventually(
      'version 1 behind the route',
      () => isHealthy(lab, '1')() && lab.world.get(SERVICE, `${APP}-stable`) !== undefined,
    );
    expect(uidsOf(lab, '1')).toEqual(before);
  });

  it('a backendRef to the Service in the route: told with the field', async () => {
    const lab = await openLab();
    await lab.apply(service());
    await lab.apply(deployment({ tag: '1' }, 0));
    const route = { ...ROUTE_SPEC, rules: [{ backendRefs: [{ name: 'other', port: 80 }] }] };
    await lab.apply(
      appRelease(canary([], { replicas: 1, traffic: { service: APP, gateway: { route } } })),
    );
    await lab.startOperator();
    await lab.eventually('the condition', () => readyReason(lab) === 'InvalidSpec');
    expect(lab.status().message).toBe(
      `spec.traffic.gateway.route: no backendRef names Service ${APP}`,
    );
  });

  it('a route that the API server refuses: told in its words', async () => {
    const lab = await openLab();
    await lab.apply(service());
    await lab.apply(deployment({ tag: '1' }, 0));
    const route = { ...ROUTE_SPEC, hostnames: ['not a name'] };
    await lab.apply(
      appRelease(canary([], { replicas: 1, traffic: { service: APP, gateway: { route } } })),
    );
    await lab.startOperator();
    await lab.eventually('the condition', () => lab.status().phase === 'Blocked');
    expect(lab.status().message).toContain('spec.hostnames[0]');
  });

  it('an object of our name that somebody else made: left alone, and told', async () => {
    const lab = await openLab();
    await lab.apply(service());
    await lab.apply(deployment({ tag: '1' }, 0));
    const foreign = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `${APP}-stable` },
      spec: { ports: [{ port: 1 }], selector: { a: 'b' } },
    };
    const made = await lab.apply(foreign);
    await lab.apply(
      appRelease(
        canary([], { replicas: 1, traffic: { service: APP, gateway: { route: ROUTE_SPEC } } }),
      ),
    );
    await lab.startOperator();
    await lab.eventually('the condition', () => readyReason(lab) === 'NameTaken');
    expect(lab.world.get(SERVICE, `${APP}-stable`)?.metadata.resourceVersion).toBe(
      made.metadata.resourceVersion,
    );
  });
});

describe('at rest', () => {
  const QUIET_MS = 10_000;

  it('an operator with a served, a blocked and a refused release only renews its Lease', async () => {
    const lab = await openLab();
    await serving(lab);
    await lab.apply(appRelease(canary([], { workloadRef: { name: 'nowhere' } }), 'blocked'));
    await lab.eventually('the condition', () => readyReason(lab, 'blocked') === 'WorkloadNotFound');
    await lab.apply(deployment({ tag: '2', behaviour: 'image-missing' }, 0));
    await lab.eventually(
      'the rollback',
      () => lab.status().stage === 'RolledBack' && lab.world.pods().length === 2,
    );
    // Figures wait up to 10 s for company before they are written.
    await sleep(systemClock, { ms: QUIET_MS + 2000 });
    const before = requestsOf(lab).length;
    await sleep(systemClock, { ms: QUIET_MS });
    const idle = requestsOf(lab).slice(before);
    const others = idle.filter((request) => !request.includes('/leases/'));
    expect(others).toEqual([]);
    expect(idle.length).toBeLessThanOrEqual(6);
  });
});
