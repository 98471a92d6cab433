// Thinning out never costs a set that somebody may need.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { setsToDelete } from './retention.ts';

const anySets = fc.uniqueArray(
  fc.record({ id: fc.integer({ min: 100, max: 999 }).map(String), isVerified: fc.boolean() }),
  { selector: (set) => set.id, maxLength: 30 },
);
const anyKeep = fc.integer({ min: 1, max: 10 });

describe('setsToDelete', () => {
  it('keeps the newest and lets the oldest go', () => {
    const sets = ['1', '2', '3', '4'].map((id) => ({ id, isVerified: true }));
    expect(setsToDelete(sets, 2)).toEqual(['2', '1']);
  });

  it('does not count damaged sets: the last good one outlives any number of them', () => {
    const sets = [
      { id: '1', isVerified: true },
      ...['2', '3', '4'].map((id) => ({ id, isVerified: false })),
    ];
    expect(setsToDelete(sets, 1)).toEqual([]);
  });

  it('always leaves the newest verified sets, as many as asked for', () => {
    fc.assert(
      fc.property(anySets, anyKeep, (sets, keep) => {
        const deleted = new Set(setsToDelete(sets, keep));
        const verified = sets
          .filter((set) => set.isVerified)
          .toSorted((a, b) => (a.id < b.id ? 1 : -1));
        const mustStay = verified.slice(0, keep);
        expect(mustStay.filter((set) => deleted.has(set.id))).toEqual([]);
        const kept = sets.filter((set) => set.isVerified && !deleted.has(set.id));
        expect(kept).toHaveLength(Math.min(keep, verified.length));
      }),
    );
  });

  it('never deletes what is newer than something it keeps', () => {
    fc.assert(
      fc.property(anySets, anyKeep, (sets, keep) => {
        const deleted = new Set(setsToDelete(sets, keep));
        const oldestKept = sets
          .filter((set) => !deleted.has(set.id))
          .map((set) => set.id)
          .toSorted()[0];
        expect([...deleted].filter((id) => oldestKept !== undefined && id > oldestKept)).toEqual(
          [],
        );
      }),
    );
  });
});
