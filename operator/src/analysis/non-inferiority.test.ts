import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { TwoArmCounts } from './e-process.ts';
import {
  type NonInferiorityParams,
  initialNonInferiority,
  logNonInferiority,
  stepNonInferiority,
} from './non-inferiority.ts';

const PARAMS: NonInferiorityParams = { ratio: 1, margin: 0.01, dispersion: 1 };

const counts = (canary: readonly number[], stable: readonly number[]): TwoArmCounts => ({
  canary: { requests: canary[0] ?? 0, errors: canary[1] ?? 0 },
  stable: { requests: stable[0] ?? 0, errors: stable[1] ?? 0 },
});

function evidence(polls: readonly TwoArmCounts[], params = PARAMS): number {
  const state = polls.reduce(
    (before, poll) => stepNonInferiority(before, poll, params),
    initialNonInferiority(),
  );
  return Math.exp(logNonInferiority(state));
}

describe('stepNonInferiority', () => {
  it('shows a flawless canary good enough after about ln(1/beta)/margin requests', () => {
    expect(evidence([counts([300, 0], [5700, 0])])).toBeLessThan(20);
    expect(evidence([counts([420, 0], [7980, 0])])).toBeGreaterThan(20);
  });

  it('takes longer where errors cluster', () => {
    const tempered = { ...PARAMS, dispersion: 2 };
    expect(evidence([counts([420, 0], [7980, 0])], tempered)).toBeLessThan(20);
    expect(evidence([counts([820, 0], [15_580, 0])], tempered)).toBeGreaterThan(20);
  });

  it('is not shown by silence', () => {
    expect(evidence([counts([0, 0], [9999, 0]), counts([999, 0], [0, 0])])).toBe(1);
  });

  it('is not shown while both fail: not one canary request was better', () => {
    const outage = Array.from({ length: 20 }, () => counts([12, 12], [238, 238]));
    expect(evidence(outage)).toBeLessThan(20);
  });

  it('is a supermartingale at the margin: no bad canary can expect to be promoted', () => {
    const trial = fc.record({
      canary: fc.integer({ min: 1, max: 8 }),
      stable: fc.integer({ min: 1, max: 8 }),
      stableRate: fc.double({ min: 0, max: 0.5, noNaN: true }),
      worse: fc.double({ min: 0, max: 0.4, noNaN: true }),
    });
    const params = fc.record({
      ratio: fc.double({ min: 1, max: 2, noNaN: true }),
      margin: fc.double({ min: 0.001, max: 0.1, noNaN: true }),
      dispersion: fc.double({ min: 1, max: 4, noNaN: true }),
    });
    fc.assert(
      fc.property(trial, params, ({ canary, stable, stableRate, worse }, chosen) => {
        const least = chosen.ratio * stableRate + chosen.margin;
        fc.pre(least <= 1);
        const canaryRate = Math.min(1, least + worse);
        let expected = 0;
        for (let x = 0; x <= canary; x += 1) {
          for (let y = 0; y <= stable; y += 1) {
            const chance = binomial(canary, x, canaryRate) * binomial(stable, y, stableRate);
            expected += chance * evidence([counts([canary, x], [stable, y])], chosen);
          }
        }
        expect(expected).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });
});

function binomial(n: number, k: number, p: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i += 1) ways = (ways * (n - k + i)) / i;
  return ways * p ** k * (1 - p) ** (n - k);
}
