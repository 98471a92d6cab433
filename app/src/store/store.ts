// What the HTTP layer needs from storage. The real one is postgres-store.ts.
import type { Account, NewAccount } from '../domain/account.ts';
import type { CurrencySummary } from '../domain/summary.ts';
import type { Transfer, TransferOrder, TransferOutcome } from '../domain/transfer.ts';

/** Whether the database can serve this program. */
export type SchemaCheck =
  | { readonly kind: 'ready' }
  | { readonly kind: 'tooOld'; readonly missing: string }
  | { readonly kind: 'unreachable'; readonly error: unknown };

export interface Store {
  /** Makes the account; asking twice with the same id makes one. */
  createAccount(account: NewAccount): Promise<Account>;
  findAccount(id: string): Promise<Account | undefined>;
  /** Moves money once per key. Throws RetriesExhausted. */
  postTransfer(key: string, order: TransferOrder): Promise<TransferOutcome>;
  findTransfer(id: string): Promise<Transfer | undefined>;
  summarize(): Promise<readonly CurrencySummary[]>;
  /** Never throws. */
  checkSchema(): Promise<SchemaCheck>;
  close(): Promise<void>;
}
