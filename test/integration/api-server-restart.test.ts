// The API server and its controllers go away in the middle of a release and come back. On a cluster
// of its own, which the other tests would miss.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApiTier, type ApiTier } from '../cluster/src/api-tier.ts';
import { releaseAction } from './support/builders.ts';
import { installKinds } from './support/install-kinds.ts';
import { useLabs } from './support/lab.ts';
import { ask, isHealthy, isPausedAt, serving } from './support/release-steps.ts';

let tier: ApiTier | undefined;

const openLab = useLabs(() => {
  if (!tier) throw new Error('the cluster was not started');
  return tier;
});

beforeAll(async () => {
  tier = await startApiTier();
  await installKinds(tier);
}, 120_000);

afterAll(() => tier?.stop());

describe('a restart of the API server', () => {
  it('in the middle of a release delays it and changes nothing else', async () => {
    const lab = await openLab();
    const operator = await serving(lab, {
      steps: [{ weight: 25 }, { pause: {} }, { weight: 50 }],
      replicas: 4,
    });
    await ask(lab, { tag: '2' });
    await lab.eventually('the pause', isPausedAt(lab, 25));
    const from = lab.world.podFrames.length;
    await lab.tier.restartApiServer();
    const promote = releaseAction({ action: 'promote', revision: 2 });
    await lab.eventually('the action to be taken', async () =>
      lab.apply(promote).then(
        () => true,
        () => false,
      ),
    );
    await lab.eventually('version 2', isHealthy(lab, '2'));
    expect(operator.lostBecause()).toBeUndefined();
    expect(lab.status().history?.map(({ revision, outcome }) => [revision, outcome])).toEqual([
      [2, 'Promoted'],
      [1, 'Promoted'],
    ]);
    for (const frame of lab.world.podFrames.slice(from)) {
      const live = frame.filter((pod) => !pod.isTerminating);
      expect(live.filter((pod) => pod.isReady).length).toBeGreaterThanOrEqual(4);
      expect(live.length).toBeLessThanOrEqual(5);
    }
  }, 150_000);
});
