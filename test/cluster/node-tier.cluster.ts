// The node tier proved on itself: gateway, names, volumes, restart, and nothing left.

import { existsSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ensureImages } from '../../tools/images/build.ts';
import { createKubectl } from './src/kubectl.ts';
import type { Kubectl } from './src/kubectl.ts';
import { leftovers } from './src/leftovers.ts';
import { attachNodeTier, startNodeTier } from './src/node-tier.ts';
import type { NodeTier } from './src/node-tier.ts';
import { stateDir } from './src/paths.ts';
import { waitFor } from './src/process/wait.ts';
import { ask, countAnswers, restricted, route, web } from './testing/web.ts';

const NAME = 'node-test';
const NAMESPACE = 'try';
const HOST = 'web.test';

const postgres = (): readonly object[] => [
  {
    apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', namespace: NAMESPACE },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
  {
    apiVersion: 'v1', kind: 'Pod', metadata: { name: 'db', namespace: NAMESPACE },
    spec: {
      terminationGracePeriodSeconds: 20,
      securityContext: { runAsUser: 999, runAsGroup: 999, fsGroup: 999 },
      containers: [restricted({
        name: 'db', image: 'localhost/slipway/postgres:15',
        env: [
          { name: 'POSTGRES_USER', value: 'o.neil' }, { name: 'POSTGRES_DB', value: 'Bank "1"' },
          { name: 'POSTGRES_PASSWORD', value: 'pass word' },
        ],
        readinessProbe: { exec: { command: ['pg_isready', '-h', '127.0.0.1'] }, periodSeconds: 1 },
        volumeMounts: [
          { name: 'data', mountPath: '/var/lib/postgresql/data' },
          { name: 'run', mountPath: '/run/postgresql' }, { name: 'tmp', mountPath: '/tmp' },
        ],
      })],
      volumes: [
        { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
        { name: 'run', emptyDir: {} }, { name: 'tmp', emptyDir: {} },
      ],
    },
  },
];

describe('the node tier', () => {
  let tier: NodeTier;
  let kubectl: Kubectl;

  beforeAll(async () => {
    const { archive } = await ensureImages();
    tier = await startNodeTier({ name: NAME, images: [archive], isEphemeral: true });
    kubectl = createKubectl(tier.binaries.kubectl, tier.kubeconfigPath);
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } }]);
  });

  afterAll(() => tier.stop());

  const apply = (objects: readonly object[]): Promise<string> =>
    kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));

  const weigh = (weights: Readonly<Record<string, number>>): Promise<string> =>
    apply([route({ namespace: NAMESPACE, gateways: ['slipway'], host: HOST, weights })]);

  const count = (requests: number) => countAnswers(tier.gatewayAddress, HOST, requests);

  it('serves the host through the gateway, by the weights of a route', async () => {
    await apply([...web('v1', NAMESPACE), ...web('v2', NAMESPACE)]);
    await weigh({ 'web-v1': 80, 'web-v2': 20 });
    for (const name of ['web-v1', 'web-v2']) {
      await kubectl(['-n', NAMESPACE, 'rollout', 'status', `deployment/${name}`, '--timeout=90s']);
    }
    await waitFor({
      what: 'the route to answer', deadlineMs: 30_000,
      check: async () => ((await ask(tier.gatewayAddress, HOST)).status === 200 ? true : undefined),
    });
    expect(await count(200)).toEqual({ v1: 160, v2: 40 });
    await weigh({ 'web-v1': 0, 'web-v2': 100 });
    await waitFor({
      what: 'the new weights', deadlineMs: 30_000,
      check: async () => ((await count(10))['v2'] === 10 ? true : undefined),
    });
    expect(await count(50)).toEqual({ v2: 50 });
  });

  it('resolves names of Services inside pods, and runs commands there', async () => {
    const script = "fetch('http://web-v1.try.svc.cluster.local').then((a) => a.text()).then(console.log)";
    const answer = await waitFor({
      what: 'a pod to reach a Service by its name', deadlineMs: 30_000,
      check: () => kubectl(['-n', NAMESPACE, 'exec', 'deployment/web-v2', '--', 'node', '-e', script]),
    });
    expect(answer).toMatch(/^v1 web-v1-/);
  });

  it('keeps a database on a volume across its pod', async () => {
    await apply(postgres());
    await kubectl(['-n', NAMESPACE, 'wait', 'pod/db', '--for=condition=Ready', '--timeout=90s']);
    const sql = async (statement: string, password = 'pass word'): Promise<string> => {
      const login = ['-h', '127.0.0.1', '-U', 'o.neil', '-d', 'Bank "1"'];
      const inside = ['env', `PGPASSWORD=${password}`, 'psql', ...login, '-Atc', statement];
      return (await kubectl(['-n', NAMESPACE, 'exec', 'db', '--', ...inside])).trim();
    };
    await sql('CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)');
    expect(await sql('SELECT n FROM kept')).toBe('7');
    await kubectl(['-n', NAMESPACE, 'delete', 'pod', 'db', '--wait']);
    await apply(postgres());
    await kubectl(['-n', NAMESPACE, 'wait', 'pod/db', '--for=condition=Ready', '--timeout=90s']);
    expect(await sql('SELECT n FROM kept')).toBe('7');
    await expect(sql('SELECT 1', 'wrong')).rejects.toThrow(/authentication failed/);
  });

  it('answers requests while the API server is killed and restarted', async () => {
    let served: Readonly<Record<string, number>> = {};
    await tier.restartApiServer(async () => {
      served = await count(50);
    });
    expect(served).toEqual({ v2: 50 });
    await kubectl(['-n', NAMESPACE, 'scale', 'deployment/web-v1', '--replicas=3']);
    await kubectl(['-n', NAMESPACE, 'rollout', 'status', 'deployment/web-v1', '--timeout=110s']);
  });

  it('is found by another process, and runs commands on its node', async () => {
    const again = attachNodeTier(NAME);
    expect(again).toMatchObject({ server: tier.server, gatewayAddress: tier.gatewayAddress });
    expect(await again.exec('ip', ['-o', '-4', 'addr', 'show', 'eth0'])).toContain(again.nodeAddress);
  });

  it('leaves nothing behind', async () => {
    const network = /^10\.250\.(\d+)\./.exec(tier.nodeAddress)?.[1];
    const own = { name: NAME, prefix: `sw${network}-` };
    const kinds = new Set(leftovers(own).map(({ kind }) => kind));
    expect([...kinds].toSorted()).toEqual(['cgroup', 'link', 'netns', 'process', 'state']);
    await tier.stop();
    expect(leftovers(own)).toEqual([]);
    expect(existsSync(stateDir(NAME))).toBe(false);
  });
});
