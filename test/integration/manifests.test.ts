// Everything that charts-ts renders, on a real API server that enforces the restricted pod security
// standard: every object is accepted, the pods start, and a second apply changes nothing.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OperatorInstall } from '../../charts-ts/src/constructs/operator-install.ts';
import { Postgres } from '../../charts-ts/src/constructs/postgres.ts';
import { WebApp } from '../../charts-ts/src/constructs/web-app.ts';
import { DEMO } from '../../charts-ts/src/environments/demo.ts';
import type { Manifest } from '../../charts-ts/src/manifest.ts';
import { renderEnvironment } from '../../charts-ts/src/render.ts';
import { synth } from '../../charts-ts/src/testing/synth.ts';
import { startApiTier, type ApiTier } from '../cluster/src/api-tier.ts';
import { createKubectl, type Kubectl } from '../cluster/src/kubectl.ts';
import { waitFor } from '../cluster/src/process/wait.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const OPERATOR = 'system:serviceaccount:slipway-system:slipway-operator';
const { namespace } = DEMO;

let tier: ApiTier;
let kubectl: Kubectl;

const apply = (args: readonly string[], input?: string) =>
  kubectl(['apply', '--server-side', '--validate=strict', '--warnings-as-errors', ...args], input);

/* The volumes that a cluster brings. */
const storage = (volumes: number): readonly object[] => [
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  },
  ...Array.from({ length: volumes }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `volume-${index}` },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '10Gi' },
      hostPath: { path: `/volumes/${index}` },
      storageClassName: 'standard',
    },
  })),
];

const dryRun = (objects: readonly Manifest[]) =>
  apply(['--dry-run=server', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));

beforeAll(async () => {
  tier = await startApiTier();
  kubectl = createKubectl(tier.binaries.kubectl, tier.kubeconfigPath);
  // As a person would: the kinds first, and the namespaces, then the folder.
  await apply(['-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: storage(2) }));
  await apply(['-f', join(DEPLOY, 'demo/00-crds.yaml'), '-f', join(DEPLOY, 'demo/15-namespace.yaml')]);
  await kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
  await apply(['-f', join(DEPLOY, 'demo')]);
});

afterAll(() => tier?.stop());

describe('the demo', () => {
  it('is accepted whole, as rendered now', async () => {
    const objects = renderEnvironment('demo').flatMap((file) => file.objects);
    const lines = (await dryRun(objects)).trim().split('\n');
    expect(lines).toHaveLength(objects.length);
  });

  it('starts its pods under the restricted standard', async () => {
    await kubectl(['-n', namespace, 'rollout', 'status', 'statefulset/postgres', '--timeout=60s']);
    await kubectl(['-n', namespace, 'wait', '--for=condition=complete', 'job', '--all', '--timeout=60s']);
    await kubectl(['-n', 'slipway-system', 'rollout', 'status', 'deployment/slipway-operator', '--timeout=60s']);
    const claim = await kubectl(['-n', namespace, 'get', 'pvc', 'postgres-data', '-o', 'jsonpath={.status.phase}']);
    expect(claim).toBe('Bound');
  });

  it.each(['ledger-backup', 'ledger-restore-drill'])('runs %s as a Job', async (name) => {
    await kubectl(['-n', namespace, 'create', 'job', `--from=cronjob/${name}`, `${name}-now`]);
    await kubectl(['-n', namespace, 'wait', '--for=condition=complete', `job/${name}-now`, '--timeout=60s']);
    const pods = await kubectl(['-n', namespace, 'get', 'pods', '-l', `job-name=${name}-now`, '-o', 'name']);
    expect(pods.trim().split('\n')).toHaveLength(1);
  });

  it('starts no pod of the app: that is for its AppRelease', async () => {
    const own = ['-l', `app.kubernetes.io/name=${DEMO.app},app.kubernetes.io/component=web`];
    const replicas = ['-o', 'jsonpath={.items[*].spec.replicas}'];
    const sets = ['-n', namespace, 'get', 'replicasets', ...own, ...replicas];
    const made = await waitFor({
      what: 'the ReplicaSet of the Deployment',
      deadlineMs: 30_000,
      check: async () => (await kubectl(sets)) || undefined,
    });
    expect(made).toBe('0');
  });

  it('is not changed by a second apply', async () => {
    const kinds = 'deployments,statefulsets,services,cronjobs,poddisruptionbudgets,serviceaccounts,appreleases';
    const generations = () =>
      kubectl([
        'get', kinds, '-A', '-o',
        'jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.generation}{"\\n"}{end}',
      ]);
    const before = await generations();
    await apply(['-f', join(DEPLOY, 'demo')]);
    expect(await generations()).toBe(before);
    expect(before).toContain('AppRelease ledger 1');
  });
});

describe('the operator\'s account', () => {
  const can = async (verb: string, resource: string, where: string = namespace) =>
    (await kubectl(['auth', 'can-i', verb, resource, '-n', where, `--as=${OPERATOR}`]).catch(String)).includes('yes');

  it.each([
    ['patch', 'deployments.apps'],
    ['create', 'replicasets.apps'],
    ['patch', 'appreleases.slipway.dev/status'],
    ['create', 'services'],
    ['create', 'events.events.k8s.io'],
  ])('may %s %s', async (verb, resource) => {
    expect(await can(verb, resource)).toBe(true);
  });

  it.each([
    ['get', 'secrets'],
    ['create', 'deployments.apps'],
    ['delete', 'pods'],
    ['create', 'pods'],
    ['create', 'releaseactions.slipway.dev'],
    ['create', 'rolebindings.rbac.authorization.k8s.io'],
  ])('may not %s %s', async (verb, resource) => {
    expect(await can(verb, resource)).toBe(false);
  });

  it('holds a Lease at home only', async () => {
    expect(await can('create', 'leases.coordination.k8s.io', 'slipway-system')).toBe(true);
    expect(await can('create', 'leases.coordination.k8s.io')).toBe(false);
  });
});

describe('the constructs in other shapes are accepted:', () => {
  it('an app behind an Ingress, for an autoscaler', async () => {
    const objects = synth(
      (scope) =>
        new WebApp(scope, 'App', {
          name: 'shop',
          image: 'shop:1',
          scale: { kind: 'autoscaler' },
          selectsPods: false,
          ingress: { host: 'shop.test', className: 'web', tls: { kind: 'existing', secret: 'shop-tls' } },
        }),
      { namespace },
    );
    expect((await dryRun(objects)).trim().split('\n')).toHaveLength(objects.length);
  });

  it('an operator with a standby, for one namespace', async () => {
    const objects = synth(
      (scope) =>
        new OperatorInstall(scope, 'Operator', {
          image: 'operator:1',
          instance: 'second',
          namespace: 'slipway-system',
          namespaces: [namespace],
          replicas: 2,
        }),
      {},
    );
    expect((await dryRun(objects)).trim().split('\n')).toHaveLength(objects.length);
  });

  it('a database on a class of its own', async () => {
    const objects = synth(
      (scope) =>
        new Postgres(scope, 'Postgres', {
          name: 'other',
          image: 'postgres:15',
          databaseSecret: 'other-db',
          storageClass: 'fast',
        }),
      { namespace },
    );
    expect((await dryRun(objects)).trim().split('\n')).toHaveLength(objects.length);
  });
});
