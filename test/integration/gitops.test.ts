// Git applied again in the middle of a release, as Argo CD does it: server-side, every field by force.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { actionsAccess } from '../../charts-ts/src/gitops/actions-access.ts';
import { ignoredFields, type IgnoredFields } from '../../charts-ts/src/gitops/ignored-fields.ts';
import { placed } from '../../charts-ts/src/gitops/placed-environment.ts';
import { asManifest } from '../../charts-ts/src/manifest.ts';
import type { AppReleaseSpecInput } from '../../operator/src/api/app-release.ts';
import { validatingAdmissionPolicies } from '../../operator/src/api/policies.ts';
import * as type from '../../operator/src/controller/resources.ts';
import { createClient } from '../../operator/src/kube/client.ts';
import type { RawObject, ResourceType } from '../../operator/src/kube/resource.ts';
import { connect } from '../../operator/src/kube/connect.ts';
import { list, record } from '../../operator/src/lib/json.ts';
import { respecting } from '../gitops/argo-apply.ts';
import { startScripts, type ScriptRunner } from '../gitops/argo-scripts.ts';
import { customizations } from '../gitops/customization-files.ts';
import {
  APP, appRelease, canary, configMap, deployment, gitRoute, ROUTE_SPEC, service, type Version,
} from './support/builders.ts';
import { startGateway } from './support/gateway.ts';
import { useLabs, type Lab } from './support/lab.ts';
import { isHealthy, isPausedAt, isRolledBack } from './support/release-steps.ts';

const openLab = useLabs();
/** As Argo CD's application controller calls itself. */
const ARGO_CD = 'argocd-controller';
const WEIGHT = 25;

let scripts: ScriptRunner;
beforeAll(async () => {
  scripts = await startScripts();
});
afterAll(() => scripts.close());

const TYPES = new Map<string | undefined, ResourceType>(
  [type.APP_RELEASE, type.DEPLOYMENT, type.SERVICE, type.CONFIG_MAP, type.HTTP_ROUTE].map(
    (one) => [one.kind, one],
  ),
);
const SEEN = [...TYPES.values(), type.REPLICA_SET, type.POD];

function typeOf({ kind }: RawObject): ResourceType {
  const found = TYPES.get(kind);
  if (!found) throw new Error(`git has no ${kind} in these tests`);
  return found;
}

/* Applies what git has, object by object. */
async function sync(
  lab: Lab,
  objects: readonly RawObject[],
  ignored: readonly IgnoredFields[] = [],
): Promise<void> {
  const options = { fieldManager: ARGO_CD, force: true };
  for (const target of objects.map((object) => placedIn(lab, object))) {
    const live = lab.world.get(typeOf(target), target.metadata.name ?? '');
    const applied = live ? await respecting(ignored, { live, target }, scripts) : target;
    await lab.client.apply(typeOf(target), applied, options);
  }
}

function placedIn(lab: Lab, object: RawObject): RawObject {
  return { ...object, metadata: { ...object.metadata, namespace: lab.namespace } };
}

type Traffic = AppReleaseSpecInput['traffic'];
const ROUTERS = {
  'by share of pods': undefined,
  'by a route of the operator': { service: APP, gateway: { route: ROUTE_SPEC }, settleSeconds: 0 },
  'by a route of git': {
    service: APP,
    gateway: { routeRef: { name: 'shop', rule: 'main' } },
    settleSeconds: 0,
  },
} as const satisfies Record<string, Traffic>;
type RouterName = keyof typeof ROUTERS;

/* Everything that git has; nothing in it names what the operator owns, but for the route's weights. */
function git(router: RouterName, version: Version = { tag: '1' }): RawObject[] {
  const traffic: Traffic = ROUTERS[router];
  const spec = canary([{ weight: WEIGHT }, { pause: {} }], traffic ? { traffic } : {});
  return [
    configMap('settings', { tag: version.tag }),
    service(),
    deployment({ ...version, configMaps: ['settings'] }, 0),
    ...(router === 'by a route of git' ? [gitRoute()] : []),
    appRelease(spec),
  ];
}

/* A release that waits for a person at its first weight, with all that git has applied once. */
async function midRelease(lab: Lab, router: RouterName): Promise<RawObject[]> {
  startGateway(lab);
  await sync(lab, git(router));
  await lab.startOperator();
  await lab.eventually('one pod', isHealthy(lab, '1'));
  // As an autoscaler would: git leaves the number to others.
  await lab.patch(type.APP_RELEASE, APP, { spec: { replicas: 4 } });
  await lab.eventually('four pods', () => lab.world.pods().filter((pod) => pod.isReady).length === 4);
  const next = git(router, { tag: '2' });
  await sync(lab, next);
  await lab.eventually('the pause', isPausedAt(lab, WEIGHT));
  await lab.eventually('pods that go to be gone', () => !lab.world.pods().some((pod) => pod.isTerminating));
  await settle();
  return next;
}

/* Every object of the namespace but for the record of who wrote what when. */
function everything(lab: Lab): Map<string, object> {
  const objects = SEEN.flatMap((resource) => lab.world.list(resource));
  return new Map(
    objects.map(({ metadata, ...object }) => {
      const { managedFields: _fields, resourceVersion: _version, ...rest } = metadata;
      return [`${object.kind ?? ''} ${metadata.name}`, { ...object, metadata: rest }];
    }),
  );
}

/* What the operator owns by the API server's own record, object by object. */
function owned(lab: Lab): Map<string, unknown> {
  const objects = SEEN.flatMap((resource) => lab.world.list(resource).map((raw) => ({ raw, resource })));
  return new Map(
    objects.map(({ raw, resource }) => {
      const entries = list(raw.metadata.managedFields).map(record);
      const ours = entries.filter(({ manager }) => String(manager).startsWith('slipway'));
      const fields = ours.map(({ fieldsV1, manager, subresource }) => ({ fieldsV1, manager, subresource }));
      return [`${resource.kind} ${raw.metadata.name}`, fields];
    }),
  );
}

/* Long enough for the operator to have answered whatever it saw. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 1000));

/* With another label, so that it is a write and not the same again. */
const relabelled = (objects: readonly RawObject[]) =>
  objects.map((object) => ({
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata.labels, sync: 'again' } },
  }));

function withoutLabel(objects: Map<string, object>): Map<string, object> {
  return new Map(
    [...objects].map(([name, object]) => {
      const { labels: _labels, ...metadata } = record(record(object)['metadata']);
      return [name, { ...object, metadata }];
    }),
  );
}

/* Git names a field that the operator relies on. The shipped entries keep it, and without them it is
   seen: so the comparison can fail. */
async function seesNumberOfPods(lab: Lab, next: readonly RawObject[]): Promise<void> {
  const wrong = next.map((object) =>
    object.kind === 'Deployment' ? deployment({ tag: '2', configMaps: ['settings'] }, 3) : object,
  );
  const before = withoutLabel(everything(lab));
  const shipped = ignoredFields(next.map((object) => asManifest(placedIn(lab, object))));
  await sync(lab, wrong, shipped);
  await settle();
  expect(withoutLabel(everything(lab))).toEqual(before);
  await sync(lab, wrong);
  const isSecondSet = () => lab.world.foreignSets().some(({ desired }) => desired === 3);
  await lab.eventually('pods of the Deployment', isSecondSet);
}

describe('git applied again with force in mid-release', () => {
  it.each(['by share of pods', 'by a route of the operator'] as const)(
    'leaves every field of the operator as it is: %s',
    async (router) => {
      const lab = await openLab();
      const next = await midRelease(lab, router);
      const before = { all: everything(lab), owned: owned(lab) };
      const frames = { weights: lab.world.weights.length, statuses: lab.world.statuses.length };
      expect([...before.owned.values()].flat().length).toBeGreaterThan(5);

      await sync(lab, next);
      await settle();
      expect(everything(lab)).toEqual(before.all);
      expect(owned(lab)).toEqual(before.owned);

      await sync(lab, relabelled(next));
      await settle();
      expect(withoutLabel(everything(lab))).toEqual(withoutLabel(before.all));
      expect(owned(lab)).toEqual(before.owned);
      const changed = lab.world.weights.slice(frames.weights).flat();
      expect(changed.filter((weight) => weight !== WEIGHT)).toEqual([]);
      const phases = lab.world.statuses.slice(frames.statuses).map(({ status }) => status.phase);
      expect(phases.filter((phase) => phase !== 'Paused')).toEqual([]);
      await seesNumberOfPods(lab, next);
    },
  );
});

describe('the weights of a route of git', () => {
  const ROUNDS = 10;
  const isCanary = (weight: number) => (frame: readonly number[]) => frame[0] === weight;

  async function keepsWeights(lab: Lab, next: readonly RawObject[]): Promise<void> {
    const before = { all: everything(lab), weights: lab.world.weights.length };
    const shipped = ignoredFields(next.map((object) => asManifest(placedIn(lab, object))));
    await sync(lab, next, shipped);
    await settle();
    expect(everything(lab)).toEqual(before.all);
    await sync(lab, relabelled(next), shipped);
    await settle();
    expect(lab.world.weights.slice(before.weights).filter((frame) => !isCanary(WEIGHT)(frame))).toEqual([]);
    expect(record(lab.world.get(type.HTTP_ROUTE, 'shop')?.metadata)['labels']).toMatchObject({ sync: 'again' });
  }

  it(`do not change with the shipped ignoreDifferences, and are back within a second without`, async () => {
    const lab = await openLab();
    const next = await midRelease(lab, 'by a route of git');
    await keepsWeights(lab, next);
    const tookMs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const from = lab.world.weights.length;
      const since = performance.now();
      await sync(lab, next.filter(({ kind }) => kind === 'HTTPRoute'));
      await lab.eventually('the weight of git', () => lab.world.weights.slice(from).some(isCanary(0)));
      await lab.eventually('the weight of the operator', () => isCanary(WEIGHT)(lab.world.weights.at(-1) ?? []));
      tookMs.push(performance.now() - since);
    }
    const sorted = tookMs.toSorted((a, b) => a - b);
    const [median = NaN, most = NaN] = [sorted[ROUNDS / 2], sorted.at(-1)];
    // A share of the requests goes to stable instead of the candidate while the weights are git's.
    const misrouted = (WEIGHT / 100) * (most / 1000) * 50;
    process.stdout.write(
      `routeRef: weights back after ${median.toFixed(0)} ms (median of ${ROUNDS}), at most ${most.toFixed(0)} ms; ` +
        `at 50 requests per second at most ${misrouted.toFixed(2)} of them go to stable instead\n`,
    );
    expect(most).toBeLessThan(1000);
    await lab.eventually('the pause again', isPausedAt(lab, WEIGHT));
  });
});

describe('an action of Argo CD', () => {
  const SERVER = 'system:serviceaccount:argocd:argocd-server';

  /* The policy about actions, in force in this namespace alone: other tests share the API server. */
  async function guarded(lab: Lab): Promise<void> {
    const [policy, binding] = validatingAdmissionPolicies().map(record);
    const here = { matchLabels: { 'kubernetes.io/metadata.name': lab.namespace } };
    const spec = { ...record(binding?.['spec']), matchResources: { namespaceSelector: here } };
    const release = { apiVersion: 'slipway.dev/v1alpha1', kind: 'AppRelease' };
    const shop = { ...release, metadata: { name: APP, namespace: lab.namespace } };
    const access = actionsAccess([placed('demo', [shop])]);
    const items = [policy, { ...binding, spec }, ...access];
    await lab.kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  }

  const clientOf = (lab: Lab, name: string) => {
    const transport = connect({ userAgent: 'argocd-server', kubeconfigPath: lab.tier.userKubeconfig({ name }) });
    lab.onEnd(() => transport.close());
    return createClient(transport);
  };

  async function asked(lab: Lab, action: string): Promise<RawObject> {
    const found = customizations().find(({ kind }) => kind === 'AppRelease');
    const object = lab.world.get(type.APP_RELEASE, APP);
    const answer = await scripts.run({
      script: found?.actions.get(action) ?? '',
      object,
      parameters: { reason: 'it is Friday' },
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    const [created] = list(answer.result).map(record);
    return record(created?.['resource']) as RawObject;
  }

  it('is taken from its server with the shipped rights, and from nobody else', async () => {
    const lab = await openLab();
    await midRelease(lab, 'by share of pods');
    await guarded(lab);
    const abort = await asked(lab, 'abort');
    const tried = () => lab.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(abort)).catch(String);
    await lab.eventually('the policy', async () =>
      (await tried()).includes('spec.by must be the user who creates this object'),
    );
    await expect(clientOf(lab, 'mallory').create(type.RELEASE_ACTION, abort)).rejects.toThrow('forbidden');
    const server = clientOf(lab, SERVER);
    await lab.eventually('the action to be taken', async () => {
      const made = await server.create(type.RELEASE_ACTION, abort).catch(() => undefined);
      return made !== undefined;
    });
    await lab.eventually('the rollback', isRolledBack(lab, '1'));
    expect(lab.status().history?.[0]).toMatchObject({ reason: 'AbortedByUser' });
    expect(lab.status().history?.[0]?.by).toContain('a user of Argo CD');
    expect(lab.status().history?.[0]?.by).toContain(SERVER);
    expect(lab.status().history?.[0]?.message).toContain('it is Friday');
    await server.create(type.RELEASE_ACTION, await asked(lab, 'retry'));
    await lab.eventually('the second try', isPausedAt(lab, WEIGHT));
    await server.create(type.RELEASE_ACTION, await asked(lab, 'promote'));
    await lab.eventually('version 2', isHealthy(lab, '2'));
  });
});
