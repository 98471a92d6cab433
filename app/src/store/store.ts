// What the HTTP layer needs from storage. The real one is postgres-store.ts.
import type { Account, NewAccount } from '../domain/account.ts';
import type { Document, DocumentQuery, NewDocument } from '../domain/document.ts';
import type {
  CaptureOrder,
  CaptureOutcome,
  Hold,
  HoldOrder,
  HoldOutcome,
  ReleaseOutcome,
} from '../domain/hold.ts';
import type { StatementLine, StatementQuery } from '../domain/statement.ts';
import type { CurrencySummary } from '../domain/summary.ts';
import type { Transfer, TransferOrder, TransferOutcome } from '../domain/transfer.ts';

/** Whether the database can serve this program. */
export type SchemaCheck =
  | { readonly kind: 'ready' }
  | { readonly kind: 'tooOld'; readonly missing: string }
  | { readonly kind: 'unreachable'; readonly error: unknown };

/** Each of them is one transaction. */
export interface HoldStore {
  /** Sets money aside once per key. Throws RetriesExhausted, like the rest. */
  authorizeHold(key: string, order: HoldOrder): Promise<HoldOutcome>;
  /** Moves the held money once per key; what a part leaves is free again. */
  captureHold(key: string, order: CaptureOrder): Promise<CaptureOutcome>;
  /** Twice is the same as once. */
  releaseHold(id: string): Promise<ReleaseOutcome>;
  findHold(id: string): Promise<Hold | undefined>;
}

export interface StatementStore {
  /** Newest first. An account that is not there has no lines. */
  listPostings(query: StatementQuery): Promise<readonly StatementLine[]>;
}

/** What is known of documents; their bytes are elsewhere. */
export interface DocumentStore {
  /** The same bytes of the same account are one document; the first one is returned. */
  addDocument(document: NewDocument): Promise<Document>;
  findDocument(id: string): Promise<Document | undefined>;
  listDocuments(query: DocumentQuery): Promise<readonly Document[]>;
}

export interface Store extends HoldStore, StatementStore, DocumentStore {
  /** Makes the account; asking twice with the same id makes one. */
  createAccount(account: NewAccount): Promise<Account>;
  /** `fresh` asks the database, whatever a cache in front of it may know. */
  findAccount(id: string, freshness?: 'fresh'): Promise<Account | undefined>;
  /** Moves money once per key. Throws RetriesExhausted. */
  postTransfer(key: string, order: TransferOrder): Promise<TransferOutcome>;
  findTransfer(id: string): Promise<Transfer | undefined>;
  summarize(): Promise<readonly CurrencySummary[]>;
  /** Never throws. */
  checkSchema(): Promise<SchemaCheck>;
  close(): Promise<void>;
}
