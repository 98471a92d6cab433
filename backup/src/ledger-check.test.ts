// What the drill says about the numbers it found.
import { describe, expect, it } from '@jest/globals';

import { judgeLedger, parseFindings } from './ledger-check.ts';
import type { LedgerFindings } from './ledger-check.ts';

const sound: LedgerFindings = {
  accounts: 3,
  transfers: 2,
  postings: 4,
  migrations: 1,
  unbalancedCurrencies: 0,
  accountsOutOfBalance: 0,
  brokenTransfers: 0,
  overdrawnCustomers: 0,
  duplicateKeys: 0,
  danglingKeys: 0,
  heldOutOfSum: 0,
};

describe('judgeLedger', () => {
  it('has nothing to say about a sound ledger, empty or not', () => {
    expect(judgeLedger(sound)).toEqual([]);
    expect(judgeLedger({ ...sound, accounts: 0, transfers: 0, postings: 0 })).toEqual([]);
  });

  it.each([
    'unbalancedCurrencies',
    'accountsOutOfBalance',
    'brokenTransfers',
    'overdrawnCustomers',
    'duplicateKeys',
    'danglingKeys',
    'heldOutOfSum',
  ] as const)('complains about %s', (rule) => {
    expect(judgeLedger({ ...sound, [rule]: 2 })).toEqual([expect.stringMatching(/^2 /)]);
  });

  it("notices a database that is not the app's", () => {
    expect(judgeLedger({ ...sound, migrations: 0 })).toEqual([
      expect.stringContaining('no finished migration'),
    ]);
  });
});

describe('parseFindings', () => {
  it('reads the answer of the query', () => {
    expect(parseFindings(JSON.stringify(sound))).toEqual(sound);
  });

  it.each(['{}', 'null', '{"accounts": "3"}', ''])(
    'throws at %j rather than pass it as sound',
    (text) => {
      expect(() => parseFindings(text)).toThrow(/makes no sense/);
    },
  );
});
