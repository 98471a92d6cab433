// The second data plane proved beside the first: one route through both, the same weights.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ensureImages } from '../../tools/images/build.ts';
import { createKubectl } from './src/kubectl.ts';
import type { Kubectl } from './src/kubectl.ts';
import { startNodeTier } from './src/node-tier.ts';
import type { NodeTier } from './src/node-tier.ts';
import { waitFor } from './src/process/wait.ts';
import { ask, countAnswers, route, web } from './testing/web.ts';

const HOST = 'web.test';
const namespace = 'default';

describe('the node tier with Traefik', () => {
  let tier: NodeTier;
  let kubectl: Kubectl;

  beforeAll(async () => {
    const { archive } = await ensureImages();
    const options = { name: 'traefik-test', isEphemeral: true, withTraefik: true };
    tier = await startNodeTier({ ...options, images: [archive] });
    kubectl = createKubectl(tier.binaries.kubectl, tier.kubeconfigPath);
    const gateways = ['slipway', 'traefik'];
    const weights = { 'web-v1': 75, 'web-v2': 25 };
    const items = [
      ...web('v1', namespace), ...web('v2', namespace),
      route({ namespace, gateways, host: HOST, weights }),
    ];
    await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    for (const version of ['v1', 'v2']) {
      await kubectl(['rollout', 'status', `deployment/web-${version}`, '--timeout=90s']);
    }
  });
  afterAll(() => tier.stop());

  it.each(['gatewayAddress', 'traefikAddress'] as const)('divides by weight at %s', async (which) => {
    const address = tier[which] ?? '';
    await waitFor({
      what: `${address} to know the route`, deadlineMs: 30_000,
      check: async () => ((await ask(address, HOST)).status === 200 ? true : undefined),
    });
    const seen = await countAnswers(address, HOST, 200);
    // Both count exactly; the requests before may have begun a round.
    expect(seen['v2']).toBeGreaterThanOrEqual(48);
    expect(seen['v2']).toBeLessThanOrEqual(52);
    expect((seen['v1'] ?? 0) + (seen['v2'] ?? 0)).toBe(200);
  });

  it('tells the status of each data plane on the route', async () => {
    const accepted = '.conditions[?(@.type=="Accepted")].status';
    const path = `{range .status.parents[*]}{.parentRef.name}={${accepted}} {end}`;
    const told = await kubectl(['get', 'httproute', 'web', '-o', `jsonpath=${path}`]);
    expect(told.trim().split(' ').toSorted()).toEqual(['slipway=True', 'traefik=True']);
  });
});
