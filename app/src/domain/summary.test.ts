// A ledger is balanced only when every rule of double entry holds.
import { describe, expect, it } from '@jest/globals';

import { isBalanced } from './summary.ts';
import type { CurrencySummary } from './summary.ts';

const sound: CurrencySummary = {
  currency: 'EUR',
  accounts: 3,
  transfers: 5,
  postings: 10,
  sumOfPostings: 0n,
  sumOfBalances: 0n,
  customerFunds: 700n,
  accountsOutOfBalance: 0,
  accountsWrongHeld: 0,
};

describe('isBalanced', () => {
  it('accepts a sound ledger', () => {
    expect(isBalanced(sound)).toBe(true);
  });

  it.each<[string, Partial<CurrencySummary>]>([
    ['money from nowhere in the postings', { sumOfPostings: 1n }],
    ['money from nowhere in the balances', { sumOfBalances: -1n }],
    ['a posting without its counterpart', { postings: 9 }],
    ['a balance that its postings do not explain', { accountsOutOfBalance: 1 }],
    ['held money that no open hold explains', { accountsWrongHeld: 1 }],
  ])('notices %s', (_name, change) => {
    expect(isBalanced({ ...sound, ...change })).toBe(false);
  });
});
