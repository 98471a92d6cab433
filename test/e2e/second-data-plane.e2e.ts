// The same releases through a Gateway of another make: the operator knows Gateway API, not one product.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEMO } from '../../charts-ts/src/environments/demo.ts';
import { APP_RELEASE } from '../../operator/src/controller/resources.ts';
import { createLedgerClient } from '../load/exchange.ts';
import { openTestStack } from './support/access.ts';
import { restoreSteps } from './support/fault-cases.ts';
import { closeStage, openStage } from './support/open-stage.ts';
import { playRelease, type Stage } from './support/play-release.ts';
import { ERRORS, GOOD } from './support/scenarios.ts';
import type { Stack } from './support/stack.ts';
import { imageNotServing } from './support/world-watch.ts';

/** Of Traefik's own entry point; see test/cluster/src/addons/traefik.ts. */
const METRICS_PORT = 8101;
const RELEASE = { type: APP_RELEASE, namespace: DEMO.namespace, name: DEMO.app };
const PIPELINE = { fieldManager: 'pipeline' };
const ROUTE = '/spec/traffic/gateway/route/parentRefs';

describe('releases through Traefik', () => {
  let stage: Stage;
  const parentsAre = (stack: Stack, ...names: string[]) =>
    stack.client.jsonPatch(
      RELEASE,
      [{ op: 'replace', path: ROUTE, value: names.map((name) => ({ ...DEMO.gateway, name })) }],
      PIPELINE,
    );

  beforeAll(async () => {
    const stack = openTestStack();
    const target = stack.traefikAddress;
    if (target === undefined) throw new Error('this cluster has no Traefik: run on the built-in node');
    await parentsAre(stack, DEMO.gateway.name, 'traefik');
    const through = { ...stack, ledger: { ...stack.ledger, target } };
    await answersAt(through);
    stage = await openStage(through, 20);
  });
  afterAll(async () => {
    try {
      await restoreSteps(stage.stack);
    } finally {
      await closeStage(stage);
    }
  });

  it('a good version goes out without one failed request', async () => {
    const image = imageNotServing(stage.world);
    const played = await playRelease(stage, { ...GOOD, version: { image } });
    expect(played.failures).toEqual({});
    expect(played).toMatchObject({ outcome: 'Promoted', failed: 0 });
    expect(played.requests).toBeGreaterThan(500);
  });

  it('a version that answers 20 % with 5xx is rolled back on evidence', async () => {
    const played = await playRelease(stage, ERRORS);
    expect(played).toMatchObject({
      outcome: 'RolledBack',
      reason: 'ChecksFailed',
      highestWeight: 5,
    });
  });

  it('a version that breaks connections off is rolled back by what the gateway counts', async () => {
    await countAtGateway(stage.stack);
    const version = { image: ERRORS.version.image, env: { FAULT_RESET_SHARE: '0.5' } };
    const played = await playRelease(stage, { ...ERRORS, name: 'half broken off', version });
    expect(played).toMatchObject({
      outcome: 'RolledBack',
      reason: 'ChecksFailed',
      highestWeight: 5,
    });
    expect(played.message).toMatch(/at the gateway canary \d+ of \d+ requests failed/);
    expect(played.message).toMatch(/evidence .*gateway/);
    const audit = await stage.load.audit();
    expect(audit).toMatchObject({ kind: 'clean', findings: [] });
  });
});

/* Traefik's proxies have one address here, that of the node. */
async function countAtGateway({ client, traefikAddress }: Stack): Promise<void> {
  const { hostname } = new URL(traefikAddress ?? '');
  const value = { provider: 'traefik', address: `${hostname}:${METRICS_PORT}` };
  await client.jsonPatch(
    RELEASE,
    [{ op: 'add', path: '/spec/checks/gateway', value }],
    PIPELINE,
  );
}

/* The second parent takes the route a moment after the first. */
async function answersAt({ ledger }: Stack): Promise<void> {
  const deadline = Date.now() + 30_000;
  const client = createLedgerClient(ledger, { maxSockets: 1, timeoutMs: 1000 });
  try {
    for (;;) {
      const answer = await client.send({ method: 'GET', path: '/ledger/summary' });
      if (answer.kind === 'answered' && answer.status < 404) return;
      if (Date.now() > deadline) throw new Error(`no answer through Traefik: ${JSON.stringify(answer)}`);
      await sleep(200);
    }
  } finally {
    client.close();
  }
}
