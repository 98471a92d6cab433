// The API tier proved on itself: what it promises to integration tests.

import { existsSync, readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startApiTier } from './src/api-tier.ts';
import type { ApiTier } from './src/api-tier.ts';
import { createKubectl } from './src/kubectl.ts';
import type { Kubectl } from './src/kubectl.ts';
import { BEHAVIOURS, BEHAVIOUR_LABEL } from './src/kwok/stages.ts';
import { leftovers } from './src/leftovers.ts';
import { cacheFolder, stateDir } from './src/paths.ts';
import { waitFor } from './src/process/wait.ts';

const auditPath = `${cacheFolder('log')}/api-tier-test-audit.jsonl`;

const deployment = (name: string, behaviour: string): string => JSON.stringify({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name, [BEHAVIOUR_LABEL]: behaviour } },
      spec: { containers: [{ name: 'c', image: 'localhost/x:1' }] },
    },
  },
});

describe('the API tier', () => {
  let tier: ApiTier;
  let kubectl: Kubectl;

  beforeAll(async () => {
    tier = await startApiTier({ audit: { path: auditPath, level: 'Metadata' } });
    kubectl = createKubectl(tier.binaries.kubectl, tier.kubeconfigPath);
  });

  afterAll(() => tier.stop());

  const seen = async (app: string, path: string): Promise<string> =>
    kubectl(['get', 'pods', '-l', `app=${app}`, '-o', `jsonpath={.items[*]${path}}`]);

  const eventually = (what: string, check: () => Promise<boolean>): Promise<true> =>
    waitFor({
      what, deadlineMs: 60_000, everyMs: 200,
      check: async () => ((await check()) ? true : undefined),
    });

  it('runs the Kubernetes version it says', async () => {
    expect(JSON.parse(await kubectl(['version', '-o', 'json']))).toMatchObject({
      serverVersion: { gitVersion: 'v1.36.3', major: '1', minor: '36' },
    });
  });

  it('makes pods of a Deployment ready, spread over the fake nodes', async () => {
    await kubectl(['apply', '-f', '-'], deployment('good', 'well'));
    await kubectl(['rollout', 'status', 'deployment/good', '--timeout=60s']);
    expect((await seen('good', '.spec.nodeName')).split(' ')).toHaveLength(2);
    await kubectl(['delete', 'deployment', 'good']);
    await eventually('the pods to go', async () => (await seen('good', '.metadata.name')) === '');
  });

  it('shows each kind of misbehaviour as a kubelet does', async () => {
    const waitingReason = '.status.containerStatuses[0].state.waiting.reason';
    const wants: Readonly<Record<(typeof BEHAVIOURS)[number], (app: string) => Promise<boolean>>> = {
      'never-ready': async (app) =>
        (await seen(app, '.status.phase')) === 'Running Running' &&
        (await seen(app, '.status.containerStatuses[0].ready')) === 'false false',
      'crash-loop': async (app) =>
        /CrashLoopBackOff/.test(await seen(app, waitingReason)) &&
        /[1-9]/.test(await seen(app, '.status.containerStatuses[0].restartCount')),
      'image-missing': async (app) => /ImagePullBackOff/.test(await seen(app, waitingReason)),
      'config-error': async (app) => /CreateContainerConfigError/.test(await seen(app, waitingReason)),
      flap: async (app) => (await seen(app, '.status.containerStatuses[0].ready')).includes('true'),
    };
    for (const behaviour of BEHAVIOURS) {
      await kubectl(['apply', '-f', '-'], deployment(behaviour, behaviour));
    }
    for (const behaviour of BEHAVIOURS) {
      expect(await eventually(behaviour, () => wants[behaviour](behaviour))).toBe(true);
    }
    const lost = async (): Promise<boolean> =>
      (await seen('flap', '.status.containerStatuses[0].ready')).includes('false');
    expect(await eventually('flapping pods to lose readiness', lost)).toBe(true);
  });

  it('gives a user the rights of its groups and no others', async () => {
    const nobody = createKubectl(tier.binaries.kubectl, tier.userKubeconfig({ name: 'alice' }));
    await expect(nobody(['get', 'pods'])).rejects.toThrow(/User "alice" cannot list resource "pods"/);
    const viewer = { name: 'bob', groups: ['system:masters'] };
    const bob = createKubectl(tier.binaries.kubectl, tier.userKubeconfig(viewer));
    expect(await bob(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'])).toBe('bob');
  });

  it('scales again after the API server was killed and restarted', async () => {
    await kubectl(['apply', '-f', '-'], deployment('survivor', 'well'));
    await kubectl(['rollout', 'status', 'deployment/survivor', '--timeout=60s']);
    let whileDown: unknown;
    await tier.restartApiServer(async () => {
      whileDown = await fetch(tier.server).catch((error: unknown) => error);
    });
    expect(whileDown).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await kubectl(['scale', 'deployment/survivor', '--replicas=5']);
    await kubectl(['rollout', 'status', 'deployment/survivor', '--timeout=90s']);
    expect((await seen('survivor', '.metadata.name')).split(' ')).toHaveLength(5);
  });

  it('counts requests in the audit log', () => {
    const events = readFileSync(auditPath, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as unknown);
    const scaled = { verb: 'patch', objectRef: { resource: 'deployments', subresource: 'scale' } };
    expect(events.filter((event) => {
      try {
        expect(event).toMatchObject(scaled);
        return true;
      } catch {
        return false;
      }
    })).toHaveLength(1);
  });

  it('leaves nothing behind', async () => {
    expect(leftovers({ name: tier.name })).not.toEqual([]);
    await tier.stop();
    expect(leftovers({ name: tier.name })).toEqual([]);
    expect(existsSync(stateDir(tier.name))).toBe(false);
  });
});
