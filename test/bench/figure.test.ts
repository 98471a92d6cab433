import { describe, expect, it } from '@jest/globals';
import { type Figure, isFailure, judge } from './figure.ts';
import { quantile } from './statistics.ts';

const writes = (value: number, known?: number): Figure => ({
  what: 'writes',
  value,
  unit: 'writes',
  budget: { kind: 'count', most: 20, ...(known === undefined ? {} : { known }) },
});

describe('a figure and its budget', () => {
  it('is within it up to its last unit', () => {
    expect([writes(20), writes(21)].map(judge)).toEqual(['ok', 'over']);
    expect(judge({ what: 'anything', value: 1e9, unit: '' })).toBe('told');
  });

  it('fails a run by a count only, and by a known excess never', () => {
    expect([writes(20), writes(21), writes(21, 23), writes(24, 23)].map(isFailure)).toEqual([
      false, true, false, true,
    ]);
    const late: Figure = { what: 'late', value: 900, unit: 'ms', budget: { kind: 'time', mostMs: 50 } };
    expect([judge(late), isFailure(late)]).toEqual(['over', false]);
  });
});

describe('a quantile', () => {
  it('is a sample that so many do not exceed', () => {
    const samples = [5, 1, 4, 2, 3];
    expect([0, 0.5, 0.8, 0.99, 1].map((share) => quantile(samples, share))).toEqual([1, 3, 4, 5, 5]);
    expect(quantile([], 0.5)).toBeNaN();
  });
});
