// A canary by the weights of an HTTPRoute: what carries users at every moment is the route together
// with the two Services behind it.
import { describe, expect, it } from '@jest/globals';
import { APP_RELEASE, HTTP_ROUTE, SERVICE } from '../../operator/src/controller/resources.ts';
import { list, record, text } from '../../operator/src/lib/json.ts';
import { APP, gitRoute, releaseAction, ROUTE_SPEC, service } from './support/builders.ts';
import { startGateway, type Answer } from './support/gateway.ts';
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
  type ServingParts,
} from './support/release-steps.ts';
import { watchUsers } from './support/users.ts';

const openLab = useLabs();

const OWNED = { service: APP, gateway: { route: ROUTE_SPEC }, settleSeconds: 0 };
const REFERRED = {
  service: APP,
  gateway: { routeRef: { name: 'shop', rule: 'main' } },
  settleSeconds: 0,
};

async function routed(lab: Lab, parts: ServingParts = {}, answer: Answer = 'accepts') {
  const gateway = startGateway(lab, answer);
  await lab.apply(service());
  await serving(lab, { ...parts, spec: { traffic: OWNED, ...parts.spec } });
  return gateway;
}

const backends = (lab: Lab, route = APP) =>
  list(record(lab.world.get(HTTP_ROUTE, route)?.['spec'])['rules']).map((rule) =>
    list(record(rule)['backendRefs'])
      .map(record)
      .map((ref) => [ref['name'], ref['weight']]),
  );
const selectedHash = (lab: Lab, name: string) =>
  text(record(record(lab.world.get(SERVICE, name)?.['spec'])['selector'])['pod-template-hash']);

describe('a route that the operator owns', () => {
  it('gets the pair in place of the Service, weight by weight, and goes round at the end', async () => {
    const lab = await openLab();
    await routed(lab, { steps: [{ weight: 10 }, { weight: 50 }] });
    expect(backends(lab)).toEqual([
      [
        [`${APP}-stable`, 100],
        [`${APP}-canary`, 0],
      ],
      [['other', 1]],
    ]);
    expect(record(lab.world.get(HTTP_ROUTE, APP)?.['spec'])).toMatchObject({
      parentRefs: [{ name: 'gate' }],
      hostnames: ['web.test'],
    });
    const users = watchUsers(lab);
    const from = lab.world.weights.length;

    await ask(lab, { tag: '2' });
    await lab.eventually('version 2', isHealthy(lab, '2'));
    await lab.eventually('the old pods to go', () => lab.world.pods().length === 2);

    const weights = lab.world.weights.slice(from).map(([weight]) => weight);
    expect(weights.filter((weight, at) => weight !== weights[at - 1])).toEqual([10, 50, 100, 0]);
    expect(users.unanswered()).toEqual([]);
    const { hash } = { hash: lab.status().stable?.podTemplateHash };
    expect(selectedHash(lab, `${APP}-stable`)).toBe(hash);
    // In-cluster clients follow, since git leaves the selector of the Service out.
    expect(selectedHash(lab, APP)).toBe(hash);
    expect(condition(lab, 'ServiceBypassesRouter')).toBeUndefined();
    // The stable Service was pointed at the new pods while it carried no weight.
    expect(users.switches()).toEqual([{ service: `${APP}-stable`, weightOfService: 0 }]);
  });

  it.each([10, 50])('comes back from %d %% with users first', async (weight) => {
    const lab = await openLab();
    await routed(lab, { steps: [{ weight }, { pause: {} }] });
    const users = watchUsers(lab);
    const stable = uidsOf(lab, '1');
    await ask(lab, { tag: '2' });
    await lab.eventually('the pause', isPausedAt(lab, weight));
    await lab.apply(releaseAction({ action: 'abort', revision: 2 }));
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
    expect(backends(lab)[0]).toEqual([
      [`${APP}-stable`, 100],
      [`${APP}-canary`, 0],
    ]);
    expect(uidsOf(lab, '1')).toEqual(stable);
    expect(users.unanswered()).toEqual([]);
    expect(readyReason(lab)).toBe('AbortedByUser');
  });

  /* The gateway is silent about one of the writes that end a release: there it stands, and is aborted. */
  const ENDS = {
    'the canary gets everything': { answer: 'late at 100', weight: 100, isSwitched: false },
    'the stable Service is switched, the weight goes to 0': {
      answer: 'late at 0',
      weight: 0,
      isSwitched: true,
    },
  } as const;
  it.each(Object.entries(ENDS))(
    'comes back from the end of a release: %s',
    async (_name, { answer, weight, isSwitched }) => {
      const lab = await openLab();
      const gateway = await routed(lab, { steps: [{ weight: 50 }, { pause: {} }] });
      const users = watchUsers(lab);
      await ask(lab, { tag: '2' });
      await lab.eventually('the pause', isPausedAt(lab, 50));
      await gateway.answer(answer);
      await lab.apply(releaseAction({ action: 'promote', revision: 2 }));
      await lab.eventually('the place', () => {
        const { candidate, stage } = lab.status();
        const isNew = selectedHash(lab, `${APP}-stable`) === candidate?.podTemplateHash;
        const isAtWeight = lab.world.weights.at(-1)?.[0] === weight;
        return stage === 'Promoting' && isNew === isSwitched && isAtWeight;
      });
      await lab.apply(releaseAction({ action: 'abort', revision: 2 }));
      await lab.eventually('the way back', () => lab.status().rollback?.reason === 'AbortedByUser');
      await gateway.answer('accepts');
      await lab.eventually('the rollback', isRolledBack(lab, '1'));
      expect(users.unanswered()).toEqual([]);
      expect(backends(lab)[0]).toEqual([
        [`${APP}-stable`, 100],
        [`${APP}-canary`, 0],
      ]);
      expect(selectedHash(lab, `${APP}-stable`)).toBe(lab.status().stable?.podTemplateHash);
      expect(lab.status().stable?.revision).toBe(1);
    },
  );

  it('waits while the gateway does not accept it, and says so', async () => {
    const lab = await openLab();
    const gateway = await routed(lab, { steps: [{ weight: 50 }] });
    await gateway.answer('refuses');
    await ask(lab, { tag: '2' });
    await lab.eventually('the reason', () => readyReason(lab) === 'RouteNotAccepted');
    expect(lab.status().message).toContain('no listener takes it');
    expect(lab.status()).toMatchObject({
      weight: { desired: 50, observed: 0 },
      stable: { revision: 1 },
    });
    await gateway.answer('accepts');
    await lab.eventually('version 2', isHealthy(lab, '2'));
  });

  it('is left behind with the own Service at hand-back', async () => {
    const lab = await openLab();
    await routed(lab);
    const users = watchUsers(lab);
    await lab.remove(APP_RELEASE, APP);
    await lab.eventually(
      'the AppRelease to go',
      () => lab.world.get(APP_RELEASE, APP) === undefined,
    );
    expect(backends(lab)[0]).toEqual([[APP, 1]]);
    expect(record(record(lab.world.get(SERVICE, APP)?.['spec'])['selector'])).toEqual({ app: APP });
    expect(users.unanswered()).toEqual([]);
  });
});

describe('a rule of a route that git owns', () => {
  async function referred(lab: Lab, parts: ServingParts = {}) {
    await lab.apply(gitRoute());
    return routed(lab, { ...parts, spec: { traffic: REFERRED } });
  }

  it('has its weights changed and nothing else', async () => {
    const lab = await openLab();
    await referred(lab, { steps: [{ weight: 30 }] });
    const before = lab.world.get(HTTP_ROUTE, 'shop');
    const from = lab.world.weights.length;
    await ask(lab, { tag: '2' });
    await lab.eventually('version 2', isHealthy(lab, '2'));
    const weights = lab.world.weights.slice(from).map(([weight]) => weight);
    expect(weights.filter((weight, at) => weight !== weights[at - 1])).toEqual([30, 100, 0]);
    const after = lab.world.get(HTTP_ROUTE, 'shop');
    expect(after?.['spec']).toEqual(before?.['spec']);
    expect(after?.metadata.labels).toEqual({ team: 'a' });
    expect(after?.metadata.ownerReferences).toBeUndefined();
  });

  it('has its weights restored at once when git applies its own again', async () => {
    const lab = await openLab();
    await referred(lab, { steps: [{ weight: 30 }, { pause: {} }] });
    await ask(lab, { tag: '2' });
    await lab.eventually('the pause', isPausedAt(lab, 30));
    const from = lab.world.weights.length;
    await lab.apply(gitRoute());
    await lab.eventually('the weights of the operator', () => {
      const seen = lab.world.weights.slice(from).map(([weight]) => weight);
      return seen.includes(0) && seen.at(-1) === 30;
    });
    // Nothing else would have woken the release: it waits for a person.
    expect(lab.status().phase).not.toBe('RolledBack');
  });

  it('must be there: Blocked with the remedy until it is, and then it goes on', async () => {
    const lab = await openLab();
    startGateway(lab);
    await lab.apply(service());
    await lab.apply(gitRoute('mian'));
    const served = serving(lab, { spec: { traffic: REFERRED } });
    await lab.eventually('the condition', () => readyReason(lab) === 'RuleNotFound');
    expect(lab.status().phase).toBe('Blocked');
    expect(condition(lab, 'Ready')?.message).toContain('0 rules are named "main"');
    await lab.apply(gitRoute());
    await served;
  });
});

describe("the application's own Service", () => {
  it('with a selector from git is named as the way around the router', async () => {
    const lab = await openLab();
    startGateway(lab);
    await lab.apply(service({ selector: { app: APP } }));
    await serving(lab, { spec: { traffic: OWNED } });
    expect(condition(lab, 'ServiceBypassesRouter')).toMatchObject({ status: 'True' });
    expect(record(record(lab.world.get(SERVICE, APP)?.['spec'])['selector'])).toEqual({ app: APP });
  });
});
