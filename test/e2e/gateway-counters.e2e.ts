// Releases that nothing but the gateway judges: no page of a pod is read. What a version breaks off is
// counted by no pod, and an Envoy that counts per backend fails no request of a good version.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEMO } from '../../charts-ts/src/environments/demo.ts';
import { APP_RELEASE, HTTP_ROUTE } from '../../operator/src/controller/resources.ts';
import { list, record } from '../../operator/src/lib/json.ts';
import {
  CONTROLLER_NAMESPACE,
  COUNTED_LABEL,
  STATS_PORT,
  STATS_SERVICE,
} from '../cluster/src/addons/envoy-gateway.ts';
import { waitFor } from '../cluster/src/process/wait.ts';
import { openTestStack } from './support/access.ts';
import { restoreSteps } from './support/fault-cases.ts';
import { closeStage, openStage } from './support/open-stage.ts';
import { playRelease, type Stage } from './support/play-release.ts';
import { ERRORS, GOOD } from './support/scenarios.ts';
import type { Stack } from './support/stack.ts';
import { imageNotServing } from './support/world-watch.ts';

const STEPS = [{ weight: 20 }, { verify: { seconds: 4, requests: 30 } }, { weight: 50 }];
const ADDRESS = `${STATS_SERVICE}.${CONTROLLER_NAMESPACE}.svc:${STATS_PORT}`;
/** Rules of the demo's route, and two that pin its Services. */
const RULES_PINNED = 3;

describe('releases that the gateway counts', () => {
  let stage: Stage;
  beforeAll(async () => {
    const stack = openTestStack();
    await label(stack, `${COUNTED_LABEL}=true`);
    await judgeByGateway(stack);
    stage = await openStage(stack, 20);
  });
  afterAll(async () => {
    try {
      await label(stage.stack, `${COUNTED_LABEL}-`);
      await restoreSteps(stage.stack);
    } finally {
      await closeStage(stage);
    }
  });

  it('a good version goes out by what is counted there, without one failed request', async () => {
    const played = await playRelease(stage, {
      ...GOOD,
      version: { image: imageNotServing(stage.world) },
    });
    expect(played.failures).toEqual({});
    expect(played).toMatchObject({ outcome: 'Promoted', failed: 0 });
    const { history } = stage.world.status();
    expect(history?.[0]?.requests).toBeGreaterThanOrEqual(30);
    expect(history?.[0]?.errors).toBe(0);
  });

  it('a version that breaks connections off is taken back in seconds', async () => {
    const version = { image: ERRORS.version.image, env: { FAULT_RESET_SHARE: '0.5' } };
    const played = await playRelease(stage, { ...ERRORS, name: 'half broken off', version });
    expect(played).toMatchObject({
      outcome: 'RolledBack',
      reason: 'ChecksFailed',
      highestWeight: 20,
    });
    expect(played.message).toMatch(/at the gateway canary \d+ of \d+ requests failed/);
    expect(played.message).toMatch(/evidence .*gateway/);
    expect(played.secondsExposed).toBeLessThan(20);
    const audit = await stage.load.audit();
    expect(audit).toMatchObject({ kind: 'clean', findings: [] });
  });
});

async function label({ kubectlRun }: Stack, change: string): Promise<void> {
  const services = [`${DEMO.app}-stable`, `${DEMO.app}-canary`];
  await kubectlRun('-n', DEMO.namespace, 'label', '--overwrite', 'service', ...services, change);
}

async function judgeByGateway({ client }: Stack): Promise<void> {
  const ref = { namespace: DEMO.namespace, name: DEMO.app };
  const checks = { gateway: { provider: 'envoyGateway', address: ADDRESS } };
  await client.jsonPatch(
    { type: APP_RELEASE, ...ref },
    [
      { op: 'replace', path: '/spec/checks', value: checks },
      { op: 'replace', path: '/spec/strategy/canary/steps', value: STEPS },
    ],
    { fieldManager: 'pipeline' },
  );
  await waitFor({
    what: 'the rules that pin both Services',
    deadlineMs: 10_000,
    check: async () => {
      const route = await client.get({ type: HTTP_ROUTE, ...ref });
      return list(record(route['spec'])['rules']).length === RULES_PINNED || undefined;
    },
  });
}
