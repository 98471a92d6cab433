// What happens to the operator and to the AppRelease itself must not be felt by users: the operator
// dies in mid-release, the AppRelease is deleted (hand-back) and made again (adoption).
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEMO, DEMO_RELEASE } from '../../charts-ts/src/environments/demo.ts';
import { waitFor } from '../cluster/src/process/wait.ts';
import { openTestStack } from './support/access.ts';
import { closeStage, openStage } from './support/open-stage.ts';
import { failuresSince, playRelease, type Stage } from './support/play-release.ts';
import { GOOD } from './support/scenarios.ts';
import type { Stack } from './support/stack.ts';
import { imageNotServing, type WorldWatch } from './support/world-watch.ts';

const RELEASE_FILE = join(import.meta.dirname, '../../deploy/demo/50-release.yaml');
const TIMEOUT = '--timeout=90s';

describe('the life of an AppRelease under load', () => {
  let stage: Stage;
  const kubectl = (...args: string[]): Promise<string> =>
    stage.stack.kubectlRun('-n', DEMO.namespace, ...args);
  const uidsOfServing = (): string[] =>
    stage.world
      .pods()
      .filter((pod) => pod.isReady && !pod.isTerminating)
      .map((pod) => pod.uid)
      .toSorted();

  beforeAll(async () => {
    stage = await openStage(openTestStack(), 20);
  });
  afterAll(() => closeStage(stage));

  it('goes on where it was when the operator is killed in mid-release', async () => {
    const image = imageNotServing(stage.world);
    const killed = killOperatorAtVerify(stage.stack, stage.world);
    const played = await playRelease(stage, { ...GOOD, version: { image } });
    await killed;
    expect(played.failures).toEqual({});
    expect(played).toMatchObject({ outcome: 'Promoted', failed: 0 });
    expect(stage.world.status().stable?.images).toEqual([image]);
  });

  it('hands the pods back to the Deployment, and takes them over again', async () => {
    // The pods of the version before answer for a moment after the promotion.
    const { replicas } = DEMO_RELEASE;
    await stage.world.until('alone', (status) => status.replicas === replicas, 60_000);
    const serving = uidsOfServing();
    expect(serving).toHaveLength(replicas ?? 0);
    const before = stage.load.snapshot();
    await kubectl('delete', 'apprelease', DEMO.app, TIMEOUT);
    await kubectl('rollout', 'status', `deployment/${DEMO.app}`, TIMEOUT);
    expect(uidsOfServing()).toEqual(serving);

    await kubectl('apply', '--server-side', '--force-conflicts', '-f', RELEASE_FILE);
    await kubectl('wait', '--for=condition=Ready', TIMEOUT, `apprelease/${DEMO.app}`);
    expect(uidsOfServing()).toEqual(serving);
    expect(failuresSince(before, stage.load.snapshot())).toEqual({});
  });

  it('replaces pods that are killed one after the other while users pay', async () => {
    const isServing = (pod: { uid: string }) => uidsOfServing().includes(pod.uid);
    for (const pod of stage.world.pods().filter(isServing).slice(0, 2)) {
      const served = stage.load.snapshot().acceptedTransfers;
      await kubectl('delete', 'pod', pod.name, '--grace-period=0', '--force');
      const isReplaced = () =>
        (!isServing(pod) && uidsOfServing().length === DEMO_RELEASE.replicas) || undefined;
      await waitFor({ what: 'another pod', deadlineMs: 60_000, everyMs: 200, check: isReplaced });
      expect(stage.load.snapshot().acceptedTransfers).toBeGreaterThan(served);
    }
  });

  it('loses no money over all of it', async () => {
    const audit = await stage.load.audit();
    expect(audit.findings).toEqual([]);
    expect(audit.fundsAfter).toBe(audit.fundsBefore);
  });
});

async function killOperatorAtVerify(stack: Stack, world: WorldWatch): Promise<void> {
  await world.until('at a verify step', (status) => status.step?.kind === 'verify', 60_000);
  await stack.kubectlRun(
    ...['-n', 'slipway-system', 'delete', 'pod', '--all', '--grace-period=0', '--force'],
  );
}
