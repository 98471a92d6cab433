import { describe, expect, it } from '@jest/globals';
import {
  DEFAULT_DISPERSION_PARAMS,
  type Dispersion,
  type PodCounts,
  dispersionOf,
  initialDispersion,
  stepDispersion,
} from './dispersion.ts';
import { seededRandom } from '../lib/seeded-random.ts';

const POLLS = 900;
const PODS = 19;

type Rate = (poll: number, pod: number) => number;

/** Half an hour of 19 pods at 2.5 requests per second each, with the error rate of each poll. */
function measured(rate: Rate, pods = PODS, polls = POLLS): Dispersion {
  const random = seededRandom(5);
  let state = initialDispersion();
  for (let poll = 0; poll < polls; poll += 1) {
    const growths = Array.from({ length: pods }, (_, pod): PodCounts => {
      const errors = random.poisson(5 * rate(poll, pod));
      const answered = random.poisson(5 * (1 - rate(poll, pod)));
      return { podUid: `p${pod}`, requests: errors + answered, errors };
    });
    state = stepDispersion(state, growths, DEFAULT_DISPERSION_PARAMS);
  }
  return dispersionOf(state, DEFAULT_DISPERSION_PARAMS);
}

describe('dispersionOf', () => {
  it('is about 1 for independent errors', () => {
    const { kind, phi } = measured(() => 0.01);
    expect(kind).toBe('estimated');
    expect(phi).toBeGreaterThanOrEqual(1);
    expect(phi).toBeLessThan(1.4);
  });

  it('is about 1 through an outage that all pods share', () => {
    expect(measured((poll) => (poll > 400 && poll < 500 ? 0.5 : 0.01)).phi).toBeLessThan(1.5);
  });

  it('is large where pods fail one at a time for a while', () => {
    const episode: Rate = (poll, pod) => (Math.floor(poll / 20) % PODS === pod ? 0.3 : 0);
    expect(measured(episode).phi).toBeGreaterThan(5);
  });

  it('is the formula: 3 errors at one of three pods with 10 requests each give 10/3', () => {
    const params = { shortPolls: 1, longPolls: 1, leastLongBlocks: 1 };
    const pods = [3, 0, 0].map((errors, i) => ({ podUid: `p${i}`, requests: 10, errors }));
    const { phi } = dispersionOf(stepDispersion(initialDispersion(), pods, params), params);
    expect(phi).toBeCloseTo(10 / 3, 9);
  });

  it('counts long blocks, in which episodes show, as well as short ones', () => {
    const params = { shortPolls: 1, longPolls: 4, leastLongBlocks: 1 };
    const pods = [3, 0, 0].map((errors, i) => ({ podUid: `p${i}`, requests: 10, errors }));
    let state = initialDispersion();
    for (let poll = 0; poll < 4; poll += 1) state = stepDispersion(state, pods, params);
    expect(dispersionOf(state, params).phi).toBeCloseTo(40 / 3, 9);
  });

  it.each([
    ['too few pods', 2, POLLS],
    ['too little history', PODS, 200],
  ])('is assumed with %s', (_name, pods, polls) => {
    expect(measured(() => 0.01, pods, polls)).toEqual({ kind: 'assumed', phi: 2 });
  });
});
