import { describe, expect, it } from '@jest/globals';
import { availablePods, earliest, livePods, nextAvailableAt, readyPods } from './pods.ts';
import { set } from './testing/builders.ts';
import { NOW, at } from './testing/sets.ts';

const built = (builder: ReturnType<typeof set>) =>
  builder.build({ revision: 7, outcome: 'candidate' });

describe('pods of a set', () => {
  const pods = built(
    set()
      .ready(2)
      .notReady(1)
      .ready(1, { isTerminating: true })
      .ready(1, { readyChangedAt: at(-4) }),
  );

  it('are live until they terminate, and ready or available until then', () => {
    expect(livePods(pods).length).toBe(4);
    expect(readyPods(pods)).toBe(3);
    expect([
      availablePods(pods, 0, NOW),
      availablePods(pods, 5, NOW),
      availablePods(pods, 4, NOW),
    ]).toEqual([3, 2, 3]);
  });

  it('become available at a time that is known', () => {
    expect(nextAvailableAt(pods, 5, NOW)).toBe(at(1));
    expect(nextAvailableAt(pods, 4, NOW)).toBeUndefined();
  });

  it('are none where there is no set', () => {
    expect(readyPods(undefined)).toBe(0);
  });
});

describe('the earliest of some moments', () => {
  it('passes over what is not known', () => {
    expect(earliest([undefined, at(3), at(1), undefined, at(2)])).toBe(at(1));
    expect(earliest([])).toBeUndefined();
  });
});
