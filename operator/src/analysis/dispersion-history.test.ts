import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { PodGrowth } from './dispersion.ts';
import {
  initialHistory,
  isDispersionKnown,
  knownDispersion,
  restoreHistory,
  settledHistory,
  stepHistory,
} from './dispersion-history.ts';
import { seededRandom } from '../lib/seeded-random.ts';

const EVERY_SECONDS = 5;
const POLLS = 240;

/** Twenty minutes of five stable pods; `slow` says how many of 100 requests a pod answers slowly. */
function learnt(slow: (poll: number, pod: number) => number) {
  let history = initialHistory();
  for (let poll = 0; poll < POLLS; poll += 1) {
    const growths = Array.from({ length: 5 }, (_, pod): PodGrowth => {
      const late = slow(poll, pod);
      const latency = { boundsSeconds: [0.1, 1], cumulative: [100 - late, 100], count: 100 };
      return { podUid: `p${pod}`, arm: 'stable', requests: 100, errors: 0, latency };
    });
    history = stepHistory(history, growths, EVERY_SECONDS);
  }
  return history;
}

describe('what stable has shown', () => {
  it('is assumed until there is enough of it', () => {
    expect(isDispersionKnown(initialHistory())).toBe(false);
    expect(knownDispersion(initialHistory())).toEqual({ errors: 2, latency: 2 });
  });

  it('tells slow requests that come in episodes from such as come one by one', () => {
    const random = seededRandom(3);
    const single = learnt(() => Math.min(100, random.poisson(10)));
    const episodes = learnt((poll, pod) => (pod === Math.floor(poll / 4) % 5 ? 50 : 0));
    expect(knownDispersion(single).latency).toBe(2);
    expect(knownDispersion(episodes).latency).toBeGreaterThan(20);
    expect(knownDispersion(episodes).errors).toBe(1);
  });

  it('comes back from a status, and nothing else does', () => {
    const settled = settledHistory(learnt(() => 10));
    expect(restoreHistory(JSON.parse(JSON.stringify(settled)))).toEqual(settled);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(restoreHistory(value)).toEqual(initialHistory());
      }),
    );
  });

  it('is not taught by the canary', () => {
    const growth: PodGrowth = { podUid: 'c', arm: 'canary', requests: 100, errors: 50 };
    expect(stepHistory(initialHistory(), [growth], EVERY_SECONDS)).toEqual(initialHistory());
  });
});
