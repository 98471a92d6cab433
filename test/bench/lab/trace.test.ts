import { describe, expect, it } from '@jest/globals';
import { eachToNext, firstToFirst, lastToEach, type Traced } from './trace.ts';

const seen = (kind: string, atMs: number): Traced => ({
  kind, atMs, wallMs: 1000 + atMs, raw: { metadata: {} }, isDeleted: false,
});
const is = (kind: string) => (entry: Traced): boolean => entry.kind === kind;

const entries = [seen('cause', 10), seen('cause', 20), seen('answer', 25), seen('answer', 40), seen('cause', 50), seen('answer', 53)];

describe('latencies in a trace', () => {
  it('from the first cause to the first answer', () => {
    expect(firstToFirst(entries, is('cause'), is('answer'))).toBe(15);
    expect(firstToFirst(entries, is('cause'), is('nothing'))).toBeUndefined();
  });

  it('from the last cause to each answer that has one of its own', () => {
    expect(lastToEach(entries, is('cause'), is('answer'))).toEqual([5, 3]);
  });

  it('takes sightings in the order of their times', () => {
    const swapped = [seen('answer', 30), seen('cause', 28)];
    expect(lastToEach(swapped, is('cause'), is('answer'))).toEqual([2]);
  });

  it('from moments of the wall clock to the next answer', () => {
    expect(eachToNext([1024, 1026, 1060], entries, is('answer'))).toEqual([1, 14]);
  });
});
