// The whole ledger in a few numbers, and whether they add up.

/** One currency's totals. Money in minor units. */
export interface CurrencySummary {
  readonly currency: string;
  readonly accounts: number;
  readonly transfers: number;
  readonly postings: number;
  readonly sumOfPostings: bigint;
  readonly sumOfBalances: bigint;
  /** Balances of customers alone: what the bank owes. */
  readonly customerFunds: bigint;
  /** Accounts whose balance is not the sum of their postings. */
  readonly accountsOutOfBalance: number;
  /** Accounts whose sum of held money is not that of their open holds. */
  readonly accountsWrongHeld: number;
}

/**
 * Double entry: each transfer posts twice, all postings cancel out, each balance is its postings, each
 * account holds back what its open holds say.
 */
export function isBalanced(summary: CurrencySummary): boolean {
  return (
    summary.sumOfPostings === 0n &&
    summary.sumOfBalances === 0n &&
    summary.accountsOutOfBalance === 0 &&
    summary.accountsWrongHeld === 0 &&
    summary.postings === 2 * summary.transfers
  );
}
