// Who answers: of many requests through the one entry point, the candidate gets the share that its
// weight says, and the pods of one version get the same as each other.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { METRICS_PORT } from '../../charts-ts/src/constructs/web-app.ts';
import { DEMO } from '../../charts-ts/src/environments/demo.ts';
import { createLedgerClient } from '../load/exchange.ts';
import { openTestStack } from './support/access.ts';
import { askForSteps, restoreSteps } from './support/fault-cases.ts';
import type { Stack } from './support/stack.ts';
import { askForVersion } from './support/versions.ts';
import { imageNotServing, watchWorld, type WorldWatch } from './support/world-watch.ts';

const WEIGHT = 25;
const REQUESTS = 10_000;
const AT_ONCE = 16;

describe('10,000 requests at a weight of 25', () => {
  let stack: Stack;
  let world: WorldWatch;
  let before: string;
  let answers: ReadonlyMap<string, number>;
  /** Of each pod of stable: requests it counted meanwhile. */
  let perPod: readonly number[];

  beforeAll(async () => {
    stack = openTestStack();
    world = await watchWorld(stack, DEMO.namespace, DEMO.app);
    await world.until('serving', ({ phase }) => phase !== 'Progressing', 60_000);
    before = world.status().stable?.images?.[0] ?? '';
    await askForSteps(stack, [{ weight: WEIGHT }, { pause: {} }]);
    await askForVersion(stack, { image: imageNotServing(world) });
    await world.until(
      'paused',
      ({ phase, weight }) => phase === 'Paused' && weight?.observed === WEIGHT,
      120_000,
    );
    const hash = world.status().stable?.podTemplateHash ?? 'none';
    const pods = world
      .pods()
      .filter((pod) => pod.isReady && !pod.isTerminating && pod.name.includes(`-${hash}-`))
      .map((pod) => pod.name);
    const counted = () => Promise.all(pods.map((pod) => countedBy(stack, pod)));
    const at = await counted();
    answers = await askForVersions(stack);
    perPod = (await counted()).map((count, index) => count - (at[index] ?? 0));
  }, 300_000);

  afterAll(async () => {
    try {
      // Taken back by asking for what serves: nothing is refused afterwards.
      await askForVersion(stack, { image: before });
      await world.until('serving', ({ phase }) => phase === 'Healthy', 60_000);
      await restoreSteps(stack);
    } finally {
      await world.stop();
      stack.transport.close();
    }
  });

  it('S4: shares are within two points of the weights', () => {
    const [[, stable = 0] = [], [, candidate = 0] = []] = [...answers].toSorted(
      ([, a], [, b]) => b - a,
    );
    expect(stable + candidate).toBe(REQUESTS);
    expect(Math.abs((100 * candidate) / REQUESTS - WEIGHT)).toBeLessThanOrEqual(2);
  });

  it('D4: each pod of a version serves within a tenth of what the others do', () => {
    expect(perPod.length).toBeGreaterThanOrEqual(2);
    expect(Math.min(...perPod)).toBeGreaterThan(0.9 * Math.max(...perPod));
  });
});

/** How many requests each version answered with 200. */
async function askForVersions({ ledger }: Stack): Promise<ReadonlyMap<string, number>> {
  const client = createLedgerClient(ledger, { maxSockets: AT_ONCE, timeoutMs: 10_000 });
  const answers = new Map<string, number>();
  let left = REQUESTS;
  const user = async (): Promise<void> => {
    while (left-- > 0) {
      const answer = await client.send({ method: 'GET', path: '/version' });
      const who = answer.kind === 'answered' && answer.status === 200 ? answer.version : 'nobody';
      answers.set(who, (answers.get(who) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, user));
  client.close();
  return answers;
}

async function countedBy(stack: Stack, pod: string): Promise<number> {
  const path = `/api/v1/namespaces/${DEMO.namespace}/pods/${pod}:${METRICS_PORT}/proxy/metrics`;
  const page = await stack.kubectlRun('get', '--raw', path);
  const counts = page.matchAll(/^http_requests_total\{[^}]*route="\/version"[^}]*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
