import { describe, expect, it } from '@jest/globals';
import { type PodRestarts, type RestartCounterState, countRestarts } from './restart-counter.ts';
import type { RestartDelta } from './sample.ts';

const canary = (restarts: number, podUid = 'c'): PodRestarts => ({
  podUid,
  arm: 'canary',
  startedAfterRelease: true,
  restarts,
});

const stable = (restarts: number, podUid = 's'): PodRestarts => ({
  ...canary(restarts, podUid),
  arm: 'stable',
  startedAfterRelease: false,
});

function deltas(...polls: readonly (readonly PodRestarts[])[]): readonly RestartDelta[] {
  let state: RestartCounterState = {};
  return polls.map((pods) => {
    const counted = countRestarts(state, { elapsedSeconds: 2, pods }, 3);
    state = counted.state;
    return counted.delta;
  });
}

describe('countRestarts', () => {
  it('counts all of a new pod and the growth of an old one', () => {
    const [first, second] = deltas([canary(1), stable(40)], [canary(2), stable(41)]);
    expect(first).toEqual({
      elapsedSeconds: 2,
      canary: { pods: 1, restarts: 1 },
      stable: { pods: 1, restarts: 0 },
    });
    expect(second).toMatchObject({ canary: { restarts: 1 }, stable: { restarts: 1 } });
  });

  it('starts over where a count fell', () => {
    const [, second] = deltas([stable(40)], [stable(2)]);
    expect(second).toMatchObject({ stable: { restarts: 2 } });
  });

  it('looks at a bounded number of pods, the canary first, and at no nonsense', () => {
    const many = [stable(0, 'a'), stable(0, 'b'), stable(0, 'd'), canary(0), canary(Number.NaN, 'x')];
    const [only] = deltas(many);
    expect(only).toMatchObject({ canary: { pods: 1 }, stable: { pods: 2 } });
  });
});
