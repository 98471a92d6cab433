import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { canonical } from '../rollout/revision.ts';
import { isSame } from './json.ts';

describe('whether two JSON values say the same', () => {
  it('does not mind the order of keys, nor parts that say nothing', () => {
    expect(isSame({ a: 1, b: { c: [1] } }, { b: { c: [1], d: undefined }, a: 1, e: null })).toBe(true);
  });

  it.each([
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, {}],
    [{}, { a: 1 }],
    [[1, 2], [2, 1]],
    [[1], [1, 2]],
    [{ 0: 1 }, [1]],
    ['1', 1],
    [{}, null],
  ])('tells %j from %j', (one, other) => {
    expect(isSame(one, other)).toBe(false);
  });

  it('agrees with the text that templates are compared by', () => {
    const values = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(values, values, fc.boolean(), (one, two, again) => {
        const other: unknown = again ? structuredClone(one) : two;
        return isSame(one, other) === (canonical(one) === canonical(other));
      }),
      { numRuns: 500 },
    );
  });
});
