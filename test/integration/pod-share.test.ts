// A canary by share of pods: nothing but pods moves the split, so every moment's count of pods is
// what users see.
import { describe, expect, it } from '@jest/globals';
import { appRelease, canary, deployment } from './support/builders.ts';
import { useLabs } from './support/lab.ts';

const openLab = useLabs();

describe('a canary by share of pods', () => {
  it('goes up step by step within its bounds and is promoted', async () => {
    const lab = await openLab();
    await lab.apply(deployment({ tag: '1' }, 0));
    await lab.apply(
      appRelease(
        canary([{ weight: 25 }, { pause: { seconds: 1 } }, { weight: 50 }], { replicas: 4 }),
      ),
    );
    await lab.startOperator();
    await lab.eventually('the first version to serve', () => lab.status().phase === 'Healthy');
    const before = lab.world.podFrames.length;

    await lab.apply(deployment({ tag: '2' }, 0));
    await lab.eventually(
      'version 2 to be promoted',
      () => lab.status().stable?.revision === 2 && lab.status().phase === 'Healthy',
    );
    await lab.eventually('the old pods to go', () => lab.world.pods().length === 4);

    for (const frame of lab.world.podFrames.slice(before)) {
      const live = frame.filter((pod) => !pod.isTerminating);
      expect(live.length).toBeLessThanOrEqual(5);
      expect(live.filter((pod) => pod.isReady).length).toBeGreaterThanOrEqual(4);
    }
    expect(lab.world.pods().map((pod) => pod.image)).toEqual(['2', '2', '2', '2']);
    const ofSecond = lab.world.statuses.filter(({ status }) => status.candidate?.revision === 2);
    const seen = ofSecond.map(({ status }) => status.step?.index ?? -1);
    const steps = seen.filter((step, at) => step >= 0 && step !== seen[at - 1]);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    const shares = new Set(ofSecond.map(({ status }) => status.weight?.observed));
    expect([...shares]).toEqual(expect.arrayContaining([0, 25, 50]));
    expect(lab.status().history?.map(({ revision, outcome }) => [revision, outcome])).toEqual([
      [2, 'Promoted'],
      [1, 'Promoted'],
    ]);
  });
});
