import { describe, expect, it } from '@jest/globals';
import { instant } from '../lib/instant.ts';
import { createManualClock } from '../lib/manual-clock.ts';
import { createIncidents } from './count-incidents.ts';
import { type PodObject, projectPod, projectReplicaSet } from './projections.ts';

const set = projectReplicaSet({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 's' } });
const pod = (name: string, over: Partial<PodObject>): PodObject => ({
  ...projectPod({ apiVersion: 'v1', kind: 'Pod', metadata: { name, uid: name } } as never),
  createdAt: instant(100),
  ...over,
});
const release = { startedAt: instant(50), lossesOf: () => 0 };

describe('incidents of pods', () => {
  it('are all of a new pod, and what an old one adds', () => {
    const clock = createManualClock();
    const incidents = createIncidents(clock);
    const look = (canary: number, stable: number) => {
      clock.advance(2000);
      const arms = {
        candidate: { set, pods: [pod('c', { restarts: canary })] },
        stable: { set, pods: [pod('s', { restarts: stable, createdAt: instant(0) })] },
      };
      return incidents.count(arms, release).restarts;
    };
    expect(look(1, 7)).toEqual({
      elapsedSeconds: 2,
      canary: { pods: 1, incidents: 1 },
      stable: { pods: 1, incidents: 0 },
    });
    expect(look(3, 8)).toMatchObject({ canary: { incidents: 2 }, stable: { incidents: 1 } });
  });

  it('are not those of pods that are to go', () => {
    const incidents = createIncidents(createManualClock());
    const pods = [pod('c', { isTerminating: true }), pod('d', { isFinished: true })];
    const { readiness } = incidents.count(
      { candidate: { set, pods }, stable: undefined },
      { ...release, lossesOf: () => 5 },
    );
    expect(readiness?.canary).toEqual({ pods: 0, incidents: 0 });
  });
});
