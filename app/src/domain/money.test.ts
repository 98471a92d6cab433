// Amounts are whole, positive and bounded, whatever a client sends.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { maxAmount, parseAmount } from './money.ts';

describe('parseAmount', () => {
  it.each([
    ['a whole number', 1250, 1250n],
    ['digits', '1250', 1250n],
    ['the smallest amount', '1', 1n],
    ['the largest amount', maxAmount.toString(), maxAmount],
    ['more digits than a double can hold', '999999999999999', 999_999_999_999_999n],
  ])('reads %s', (_name, value, want) => {
    expect(parseAmount(value)).toBe(want);
  });

  it.each([
    ['zero', 0],
    ['zero as text', '0'],
    ['a negative', -1],
    ['a negative as text', '-1'],
    ['cents after a point', 12.5],
    ['a point in text', '12.50'],
    ['more than the maximum', (maxAmount + 1n).toString()],
    ['a number that lost digits', 2 ** 60],
    ['NaN', Number.NaN],
    ['an exponent', '1e3'],
    ['hexadecimal', '0x10'],
    ['spaces', ' 1 '],
    ['nothing', undefined],
    ['a list', [1]],
  ])('refuses %s', (_name, value) => {
    expect(parseAmount(value)).toBeUndefined();
  });

  it('gives only amounts within bounds, for any input', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const amount = parseAmount(value);
        expect(amount === undefined || (amount >= 1n && amount <= maxAmount)).toBe(true);
      }),
    );
  });
});
