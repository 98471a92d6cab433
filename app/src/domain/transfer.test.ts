// The hash tells equal orders from different ones.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { parseAmount } from './money.ts';
import { hashOrder } from './transfer.ts';
import type { TransferOrder } from './transfer.ts';

const anyOrder: fc.Arbitrary<TransferOrder> = fc.record({
  from: fc.uuid(),
  to: fc.uuid(),
  amount: fc.integer({ min: 1, max: 1_000 }).map((value) => parseAmount(value) ?? failTest()),
  reference: fc.option(fc.string({ maxLength: 10 }), { nil: undefined }),
});

function failTest(): never {
  throw new Error('the generator made an amount that is none');
}

describe('hashOrder', () => {
  it('is equal exactly for equal orders', () => {
    fc.assert(
      fc.property(anyOrder, anyOrder, (one, other) => {
        const equal =
          one.from === other.from &&
          one.to === other.to &&
          one.amount === other.amount &&
          one.reference === other.reference;
        expect(hashOrder(one) === hashOrder(other)).toBe(equal);
        expect(hashOrder({ ...one })).toBe(hashOrder(one));
      }),
    );
  });

  it('tells a missing reference from an empty one', () => {
    fc.assert(
      fc.property(anyOrder, (order) => {
        expect(hashOrder({ ...order, reference: undefined })).not.toBe(
          hashOrder({ ...order, reference: '' }),
        );
      }),
    );
  });
});
