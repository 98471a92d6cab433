import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  type EProcessParams,
  type EProcessState,
  type TwoArmCounts,
  initialEProcess,
  logEvidence,
  stepEProcess,
} from './e-process.ts';
import { seededRandom } from '../lib/seeded-random.ts';

const PARAMS: EProcessParams = { ratio: 1.25, margin: 0.001, dispersion: 1, plannedPolls: 360 };
const PURE: EProcessParams = { ...PARAMS, ratio: 1, margin: 0 };

const counts = (canary: number[], stable: number[]): TwoArmCounts => ({
  canary: { requests: canary[0] ?? 0, errors: canary[1] ?? 0 },
  stable: { requests: stable[0] ?? 0, errors: stable[1] ?? 0 },
});

function run(
  polls: readonly TwoArmCounts[],
  params: EProcessParams,
  from = initialEProcess(),
): EProcessState {
  return polls.reduce((state, poll) => stepEProcess(state, poll, params), from);
}

const anyParams = fc.record({
  ratio: fc.double({ min: 1, max: 3, noNaN: true }),
  margin: fc.double({ min: 0, max: 0.05, noNaN: true }),
  dispersion: fc.double({ min: 1, max: 5, noNaN: true }),
  plannedPolls: fc.integer({ min: 1, max: 1000 }),
});

const anyArm = (maxRequests: number): fc.Arbitrary<{ requests: number; errors: number }> =>
  fc
    .tuple(fc.integer({ min: 0, max: maxRequests }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([requests, share]) => ({ requests, errors: Math.round(requests * share) }));

const anyPoll: fc.Arbitrary<TwoArmCounts> = fc.record({
  canary: anyArm(200),
  stable: anyArm(4000),
});

describe('stepEProcess', () => {
  it('begins without evidence', () => {
    expect(Math.exp(logEvidence(initialEProcess(), PARAMS))).toBe(1);
  });

  it('needs three errors at 5 % of the traffic, when stable has none', () => {
    const after = (errors: number): number =>
      Math.exp(logEvidence(run([counts([12, errors], [237, 0])], PURE), PURE));
    expect(after(2)).toBeLessThan(100);
    expect(after(4)).toBeGreaterThan(100);
  });

  it('takes clusters of errors for fewer errors', () => {
    const poll = counts([12, 4], [237, 0]);
    const at = (dispersion: number): number => {
      const params = { ...PURE, dispersion };
      return logEvidence(run([poll], params), params);
    };
    expect(at(1)).toBeGreaterThan(Math.log(100));
    expect(at(2)).toBeLessThan(0.6 * at(1));
    expect(at(100)).toBeLessThan(0.2);
  });

  it('gives no evidence for an outage of both', () => {
    const outage = Array.from({ length: 60 }, () => counts([12, 12], [238, 238]));
    expect(logEvidence(run(outage, PARAMS), PARAMS)).toBeLessThan(0.1);
  });

  it('finds a fault that sets in after a day of calm', () => {
    const calm = Array.from({ length: 43_200 }, () => counts([5, 0], [95, 0]));
    const fault = Array.from({ length: 5 }, () => counts([5, 4], [95, 0]));
    const state = run(fault, PARAMS, run(calm, PARAMS));
    expect(logEvidence(state, PARAMS)).toBeGreaterThan(Math.log(100));
  });

  it('is a supermartingale: no good canary can expect to gain evidence', () => {
    // The expectation over every outcome of the next poll, after any past, at the edge of the null.
    const next = fc.record({
      canary: fc.integer({ min: 1, max: 8 }),
      stable: fc.integer({ min: 1, max: 8 }),
      stableRate: fc.double({ min: 0, max: 0.3, noNaN: true }),
    });
    const past = fc.array(anyPoll, { maxLength: 5 });
    fc.assert(
      fc.property(past, next, anyParams, (polls, trial, params) => {
        const state = run(polls, params);
        const canaryRate = Math.min(1, params.ratio * trial.stableRate + params.margin);
        let expected = 0;
        for (let x = 0; x <= trial.canary; x += 1) {
          for (let y = 0; y <= trial.stable; y += 1) {
            const chance =
              binomial(trial.canary, x, canaryRate) * binomial(trial.stable, y, trial.stableRate);
            const after = stepEProcess(state, counts([trial.canary, x], [trial.stable, y]), params);
            expected += chance * Math.exp(logEvidence(after, params) - logEvidence(state, params));
          }
        }
        expect(expected).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });

  it('has a mean of at most 1 over simulated good releases', () => {
    const random = seededRandom(11);
    const runs = 2000;
    const finals = Array.from({ length: runs }, () => {
      let state = initialEProcess();
      for (let poll = 0; poll < 60; poll += 1) {
        const [x, y] = [random.poisson(12.5 * 0.01), random.poisson(237.5 * 0.01)];
        state = stepEProcess(state, counts([12.5, x], [237.5, y]), PURE);
      }
      return Math.exp(logEvidence(state, PURE));
    });
    const mean = finals.reduce((sum, value) => sum + value, 0) / runs;
    const variance = finals.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (runs - 1);
    expect(mean).toBeLessThanOrEqual(1 + 3 * Math.sqrt(variance / runs));
  });

  it('does not change on a poll without requests at one of the arms', () => {
    const empty = fc.constantFrom(counts([0, 0], [50, 3]), counts([9, 4], [0, 0]), counts([], []));
    fc.assert(
      fc.property(fc.array(anyPoll, { maxLength: 10 }), empty, anyParams, (polls, poll, params) => {
        const state = run(polls, params);
        expect(stepEProcess(state, poll, params)).toEqual(state);
      }),
    );
  });

  it('stays finite, small and the same after a round trip through JSON', () => {
    fc.assert(
      fc.property(fc.array(anyPoll, { maxLength: 30 }), anyParams, (polls, params) => {
        const state = run(polls, params);
        const text = JSON.stringify(state);
        expect(JSON.parse(text)).toEqual(state);
        expect(text.length).toBeLessThan(1000);
        expect(Number.isFinite(logEvidence(state, params))).toBe(true);
      }),
    );
  });

  it('keeps at least half of the evidence of the first start, in any order and batching', () => {
    // At a constant split the counts add up, so one big poll tells what no order can fall below.
    const errors = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 6 })), { minLength: 1 });
    fc.assert(
      fc.property(errors, fc.infiniteStream(fc.nat({ max: 3 })), (list, sizes) => {
        const polls = list.map(([x, y]) => counts([10, x], [90, y]));
        const floor = logEvidence(run([sum(polls)], PURE), PURE);
        const batched = logEvidence(run(batches(polls, sizes), PURE), PURE);
        const reversed = logEvidence(run(polls.toReversed(), PURE), PURE);
        expect(batched).toBeGreaterThanOrEqual(floorOf(floor));
        expect(reversed).toBeGreaterThanOrEqual(floorOf(floor));
      }),
    );
  });
});

/** ln(M - 1/2): after one poll the unspent half adds 1/2 to what the first start is worth. */
function floorOf(logOfOneBigPoll: number): number {
  const first = Math.exp(logOfOneBigPoll) - 0.5;
  return first <= 0 ? Number.NEGATIVE_INFINITY : Math.log(first) - 1e-9;
}

function sum(polls: readonly TwoArmCounts[]): TwoArmCounts {
  const add = (arm: 'canary' | 'stable', field: 'requests' | 'errors'): number =>
    polls.reduce((total, poll) => total + poll[arm][field], 0);
  return {
    canary: { requests: add('canary', 'requests'), errors: add('canary', 'errors') },
    stable: { requests: add('stable', 'requests'), errors: add('stable', 'errors') },
  };
}

function batches(
  polls: readonly TwoArmCounts[],
  sizes: Iterator<number>,
): readonly TwoArmCounts[] {
  const result: TwoArmCounts[] = [];
  for (let at = 0; at < polls.length; ) {
    const size = 1 + Number(sizes.next().value);
    result.push(sum(polls.slice(at, at + size)));
    at += size;
  }
  return result;
}

function binomial(n: number, k: number, p: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i += 1) ways = (ways * (n - k + i)) / i;
  return ways * p ** k * (1 - p) ** (n - k);
}
