import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  boundsOf,
  calmBounds,
  keptOnRollback,
  nextPodShare,
  nextWeighted,
  podShareGoal,
  urgentBounds,
  weightedGoal,
} from './replicas.ts';
import { release } from './testing/builders.ts';

const boundsFor = (surge: number | string, unavailable: number | string, replicas: number) => {
  const { spec } = release().surge(surge, unavailable).build().release;
  if (spec.kind === 'invalid') throw new Error('invalid');
  return boundsOf(spec.value, replicas);
};

describe('bounds', () => {
  it.each([
    { surge: '25%', unavailable: 0, replicas: 10, want: [3, 0] },
    { surge: '25%', unavailable: '25%', replicas: 10, want: [3, 2] },
    { surge: 2, unavailable: 1, replicas: 1, want: [2, 1] },
    { surge: 0, unavailable: '10%', replicas: 5, want: [0, 1] },
    { surge: '25%', unavailable: '25%', replicas: 0, want: [0, 1] },
  ])(
    '$surge and $unavailable of $replicas round as Deployments do',
    ({ surge, unavailable, replicas, want }) => {
      const { maxSurge, maxUnavailable } = boundsFor(surge, unavailable, replicas);
      expect([maxSurge, maxUnavailable]).toEqual(want);
    },
  );
});

describe('the share of pods', () => {
  it.each([
    { weight: 0, replicas: 10, surge: 1, want: [10, 0] },
    { weight: 5, replicas: 7, surge: 1, want: [6, 1] },
    { weight: 20, replicas: 10, surge: 1, want: [8, 2] },
    { weight: 50, replicas: 3, surge: 1, want: [1, 2] },
    { weight: 99, replicas: 4, surge: 1, want: [1, 3] },
    { weight: 100, replicas: 4, surge: 1, want: [0, 4] },
    { weight: 50, replicas: 0, surge: 1, want: [0, 0] },
    { weight: 50, replicas: 1, surge: 1, want: [1, 1] },
    { weight: 5, replicas: 1, surge: 0, want: [0, 1] },
  ])('of $weight % and $replicas replicas is $want', ({ weight, replicas, surge, want }) => {
    const { candidate, stable } = podShareGoal(weight, {
      replicas,
      maxSurge: surge,
      maxUnavailable: 0,
    });
    expect([stable, candidate]).toEqual(want);
  });

  it('comes to its goal from anywhere, above the floor and below the ceiling all the way', () => {
    const pods = fc.nat(20);
    fc.assert(
      fc.property(
        fc.record({
          weight: fc.nat(100),
          replicas: fc.integer({ min: 1, max: 15 }),
          maxSurge: fc.nat(4),
          maxUnavailable: fc.nat(4),
          stableDesired: pods,
          candidateDesired: pods,
        }),
        ({ weight, replicas, maxSurge, maxUnavailable, stableDesired, candidateDesired }) => {
          const bounds = {
            replicas,
            maxSurge,
            maxUnavailable: maxSurge + maxUnavailable === 0 ? 1 : maxUnavailable,
          };
          const goal = podShareGoal(weight, bounds);
          let [stable, candidate] = [stableDesired, candidateDesired];
          for (let move = 0; move < 200; move += 1) {
            const counts = {
              stableDesired: stable,
              stableAvailable: stable,
              candidateDesired: candidate,
              candidateAvailable: candidate,
            };
            const next = nextPodShare(goal, counts, bounds);
            const [before, total] = [stable + candidate, next.stable + next.candidate];
            expect(total).toBeLessThanOrEqual(Math.max(before, replicas + maxSurge));
            expect(total).toBeGreaterThanOrEqual(
              Math.min(before, replicas - bounds.maxUnavailable),
            );
            if (next.stable === stable && next.candidate === candidate) break;
            [stable, candidate] = [next.stable, next.candidate];
          }
          expect({ stable, candidate }).toEqual(goal);
        },
      ),
    );
  });

  it('takes nothing from stable for candidate pods that are not available', () => {
    const bounds = { replicas: 10, maxSurge: 2, maxUnavailable: 0 };
    const counts = {
      stableDesired: 10,
      stableAvailable: 10,
      candidateDesired: 2,
      candidateAvailable: 0,
    };
    expect(nextPodShare({ stable: 5, candidate: 5 }, counts, bounds)).toEqual({
      stable: 10,
      candidate: 2,
    });
  });

  it('takes nothing from the candidate that stable lacks', () => {
    const bounds = { replicas: 10, maxSurge: 2, maxUnavailable: 0 };
    const counts = {
      stableDesired: 2,
      stableAvailable: 2,
      candidateDesired: 10,
      candidateAvailable: 10,
    };
    expect(nextPodShare({ stable: 8, candidate: 2 }, counts, bounds)).toEqual({
      stable: 2,
      candidate: 8,
    });
  });
});

describe('behind a weighted router', () => {
  it.each([
    [0, 10, 0],
    [1, 10, 1],
    [25, 10, 3],
    [100, 10, 10],
    [50, 0, 0],
    [5, 1, 1],
  ])(
    '%d %% of %d replicas need %d candidate pods, and stable stays whole',
    (weight, replicas, candidate) => {
      expect(weightedGoal(weight, replicas)).toEqual({ stable: replicas, candidate });
    },
  );

  it('starts as many candidate pods at once as maxSurge says', () => {
    const counts = {
      stableDesired: 10,
      stableAvailable: 10,
      candidateDesired: 3,
      candidateAvailable: 2,
    };
    const bounds = { replicas: 10, maxSurge: 3, maxUnavailable: 0 };
    expect(nextWeighted({ stable: 10, candidate: 10 }, counts, bounds).candidate).toBe(5);
    expect(nextWeighted({ stable: 10, candidate: 1 }, counts, bounds).candidate).toBe(1);
  });
});

describe('on the way back', () => {
  it('half of the pods are enough while the candidate hurts, and stable grows at once', () => {
    expect(urgentBounds({ replicas: 5, maxSurge: 1, maxUnavailable: 0 })).toEqual({
      floor: 3,
      ceiling: 5,
    });
  });

  it('a healthy candidate is exchanged within the bounds of the way forward', () => {
    expect(calmBounds({ replicas: 10, maxSurge: 2, maxUnavailable: 1 }, 4)).toEqual({
      floor: 9,
      ceiling: 8,
    });
  });

  it.each([
    { floor: 5, stable: 10, ready: 5, want: 0 },
    { floor: 5, stable: 2, ready: 5, want: 3 },
    { floor: 5, stable: 0, ready: 2, want: 2 },
    { floor: 0, stable: 0, ready: 2, want: 0 },
  ])(
    '$want candidate pods stay where $stable stable ones answer and $floor must',
    ({ floor, stable, ready, want }) => {
      expect(keptOnRollback(floor, stable, ready)).toBe(want);
    },
  );
});
