import { describe, expect, it } from '@jest/globals';
import { REAL_CORE } from './core.ts';
import { simulate } from './run.ts';

/** Seeds of runs that once broke a promise. */
const ONCE_BROKEN = [
  7, 9, 18, 24, 32, 54, 60, 73, 417, 574, 912, 1588, 6490, 6533, 11_253, 12_459, 30_159, 41_582,
];

const failuresOf = (seeds: readonly number[]) =>
  seeds.flatMap((seed) => {
    const result = simulate(seed, { core: REAL_CORE });
    return result.kind === 'failed' ? [`npm run simulate -- --seed ${seed} --runs 1: ${result.why}`] : [];
  });

describe('a simulated cluster', () => {
  it('finds no broken promise where there once was one', () => {
    expect(failuresOf(ONCE_BROKEN)).toEqual([]);
  });

  it('finds none in a few hundred runs', () => {
    expect(failuresOf(Array.from({ length: 400 }, (_, seed) => seed))).toEqual([]);
  });

  it('plays the same run from the same seed', () => {
    const play = (seed: number) => {
      const lines: string[] = [];
      simulate(seed, { core: REAL_CORE, trace: (line) => lines.push(line) });
      return lines;
    };
    expect(play(11)).toEqual(play(11));
    expect(play(11)).not.toEqual(play(12));
  });

  it('comes to many different endings', () => {
    const endings = new Set(
      Array.from({ length: 200 }, (_, seed) => simulate(seed, { core: REAL_CORE })).map((result) =>
        result.kind === 'passed' ? result.ending.split(' ')[0] : 'failed'),
    );
    expect([...endings].toSorted()).toEqual(expect.arrayContaining(['Degraded', 'Healthy', 'Paused', 'RolledBack']));
  });
});
