// GET /ledger/summary and GET /version.
import { isBalanced } from '../domain/summary.ts';
import type { CurrencySummary } from '../domain/summary.ts';
import type { Store } from '../store/store.ts';
import type { Endpoint } from './endpoint.ts';

/** Totals per currency and over all; `balanced` says whether they add up. */
export function ledgerSummaryEndpoint(store: Store): Endpoint {
  return async () => ({ status: 200, body: renderSummary(await store.summarize()) });
}

export function versionEndpoint(version: string): Endpoint {
  return () => Promise.resolve({ status: 200, body: { version } });
}

function renderSummary(currencies: readonly CurrencySummary[]): object {
  const total = (count: (summary: CurrencySummary) => number): number =>
    currencies.reduce((sum, summary) => sum + count(summary), 0);
  return {
    balanced: currencies.every(isBalanced),
    accounts: total((summary) => summary.accounts),
    transfers: total((summary) => summary.transfers),
    postings: total((summary) => summary.postings),
    sumOfPostings: currencies.reduce((sum, summary) => sum + summary.sumOfPostings, 0n),
    currencies,
  };
}
