import { describe, expect, it } from '@jest/globals';
import { seededRandom } from './seeded-random.ts';

type Draw = (random: ReturnType<typeof seededRandom>) => number;

describe('seededRandom', () => {
  it('repeats itself for a seed and differs for another', () => {
    const first = [1, 1, 2].map((seed) => seededRandom(seed).uniform());
    expect(first[0]).toBe(first[1]);
    expect(first[0]).not.toBe(first[2]);
  });

  // Means and variances from 20,000 draws; tolerances are about five standard errors.
  it.each<readonly [string, Draw, { readonly mean: number; readonly variance: number }]>([
    ['uniform', (random) => random.uniform(), { mean: 1 / 2, variance: 1 / 12 }],
    ['normal', (random) => random.normal(), { mean: 0, variance: 1 }],
    ['poisson of 0.3', (random) => random.poisson(0.3), { mean: 0.3, variance: 0.3 }],
    ['poisson of 9', (random) => random.poisson(9), { mean: 9, variance: 9 }],
    ['poisson of 240', (random) => random.poisson(240), { mean: 240, variance: 240 }],
    ['gamma of 0.5', (random) => random.gamma(0.5), { mean: 0.5, variance: 0.5 }],
    ['gamma of 7', (random) => random.gamma(7), { mean: 7, variance: 7 }],
    ['beta of 1 and 9', (random) => random.beta(1, 9), { mean: 0.1, variance: 9 / 1100 }],
  ])('draws %s', (_name, draw, want) => {
    const random = seededRandom(7);
    const draws = Array.from({ length: 20_000 }, () => draw(random));
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean - want.mean)).toBeLessThan(5 * Math.sqrt(want.variance / draws.length));
    expect(variance / want.variance).toBeGreaterThan(0.9);
    expect(variance / want.variance).toBeLessThan(1.1);
  });
});
