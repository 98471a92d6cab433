import { describe, expect, it } from '@jest/globals';
import { type PodIncidents, type IncidentCounterState, countIncidents } from './incident-counter.ts';
import type { IncidentDelta } from './sample.ts';

const canary = (incidents: number, podUid = 'c'): PodIncidents => ({
  podUid,
  arm: 'canary',
  startedAfterRelease: true,
  incidents,
});

const stable = (incidents: number, podUid = 's'): PodIncidents => ({
  ...canary(incidents, podUid),
  arm: 'stable',
  startedAfterRelease: false,
});

function deltas(...polls: readonly (readonly PodIncidents[])[]): readonly IncidentDelta[] {
  let state: IncidentCounterState = {};
  return polls.map((pods) => {
    const counted = countIncidents(state, { elapsedSeconds: 2, pods }, 3);
    state = counted.state;
    return counted.delta;
  });
}

describe('countIncidents', () => {
  it('counts all of a new pod and the growth of an old one', () => {
    const [first, second] = deltas([canary(1), stable(40)], [canary(2), stable(41)]);
    expect(first).toEqual({
      elapsedSeconds: 2,
      canary: { pods: 1, incidents: 1 },
      stable: { pods: 1, incidents: 0 },
    });
    expect(second).toMatchObject({ canary: { incidents: 1 }, stable: { incidents: 1 } });
  });

  it('starts over where a count fell', () => {
    const [, second] = deltas([stable(40)], [stable(2)]);
    expect(second).toMatchObject({ stable: { incidents: 2 } });
  });

  it('looks at a bounded number of pods, the canary first, and at no nonsense', () => {
    const many = [stable(0, 'a'), stable(0, 'b'), stable(0, 'd'), canary(0), canary(Number.NaN, 'x')];
    const [only] = deltas(many);
    expect(only).toMatchObject({ canary: { pods: 1 }, stable: { pods: 2 } });
  });
});
