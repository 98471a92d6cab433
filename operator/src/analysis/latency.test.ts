import { describe, expect, it } from '@jest/globals';
import {
  type LatencyParams,
  initialLatency,
  latencyStateFits,
  logLatencyEvidence,
  stepLatency,
} from './latency.ts';
import type { LatencyCounters } from './sample.ts';
import { type SeededRandom, seededRandom } from '../lib/seeded-random.ts';

const PARAMS: LatencyParams = { dispersion: 1, plannedPolls: 360 };
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** `count` requests with log-normal latency around 50 ms, `factor` times as slow. */
function requests(random: SeededRandom, count: number, factor: number): LatencyCounters {
  const seconds = Array.from(
    { length: count },
    () => factor * 0.05 * Math.exp(0.7 * random.normal()),
  );
  return {
    boundsSeconds: BOUNDS,
    cumulative: BOUNDS.map((bound) => seconds.filter((value) => value <= bound).length),
    count,
  };
}

type Release = { readonly factor: number; readonly params?: LatencyParams };

/** Highest evidence over so many polls of 5 s at 50 requests per second, 5 % at the canary. */
function peak(seed: number, polls: number, release: Release): number {
  const { factor, params = PARAMS } = release;
  const random = seededRandom(seed);
  let state = initialLatency();
  let highest = 0;
  for (let poll = 0; poll < polls; poll += 1) {
    const canary = requests(random, random.poisson(12.5), factor);
    const stable = requests(random, random.poisson(237.5), 1);
    state = stepLatency(state, { canary, stable }, params);
    highest = Math.max(highest, logLatencyEvidence(state, params));
  }
  return highest;
}

describe('stepLatency', () => {
  it('finds a canary that is four times as slow within a minute', () => {
    expect(peak(1, 12, { factor: 4 })).toBeGreaterThan(Math.log(100));
  });

  it('takes episodes of slowness for fewer slow requests', () => {
    const params = { ...PARAMS, dispersion: 50 };
    expect(peak(1, 12, { factor: 4, params })).toBeLessThan(Math.log(100));
  });

  it('only learns from the first poll', () => {
    const random = seededRandom(4);
    const delta = { canary: requests(random, 99, 9), stable: requests(random, 99, 1) };
    expect(logLatencyEvidence(stepLatency(initialLatency(), delta, PARAMS), PARAMS)).toBe(0);
  });

  it('lets a canary pass that is as fast, or a fifth slower', () => {
    const highest = Array.from({ length: 20 }, (_, seed) =>
      Math.max(peak(seed, 30, { factor: 1 }), peak(seed, 30, { factor: 1.2 })),
    );
    expect(Math.max(...highest)).toBeLessThan(Math.log(100));
  });

  it('learns the boundaries from the first poll and passes over polls that lack one', () => {
    const random = seededRandom(2);
    const delta = { canary: requests(random, 9, 1), stable: requests(random, 99, 1) };
    const state = stepLatency(initialLatency(), delta, PARAMS);
    const other = { ...delta, canary: { boundsSeconds: [1], cumulative: [2], count: 2 } };
    expect(state.boundsSeconds).toEqual(BOUNDS);
    expect(stepLatency(state, other, PARAMS)).toEqual(state);
    expect(stepLatency(initialLatency(), other, PARAMS)).toEqual(initialLatency());
  });

  it('adds nothing while one of the arms is not asked', () => {
    const random = seededRandom(3);
    const delta = { canary: requests(random, 9, 1), stable: requests(random, 99, 1) };
    const state = stepLatency(stepLatency(initialLatency(), delta, PARAMS), delta, PARAMS);
    const idle = { canary: requests(random, 0, 1), stable: requests(random, 50, 1) };
    const after = stepLatency(state, idle, PARAMS);
    expect(logLatencyEvidence(after, PARAMS)).toBe(logLatencyEvidence(state, PARAMS));
    expect(latencyStateFits(after)).toBe(true);
  });

  it('begins without evidence', () => {
    expect(logLatencyEvidence(initialLatency(), PARAMS)).toBe(0);
  });
});
