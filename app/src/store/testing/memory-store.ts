// A whole ledger in memory with the same rules as the real one, for tests of everything above it.
import { randomUUID } from 'node:crypto';

import type { Account } from '../../domain/account.ts';
import type { Document } from '../../domain/document.ts';
import { hashCapture, hashHold } from '../../domain/hold.ts';
import type {
  CaptureOrder,
  CaptureOutcome,
  Hold,
  HoldOrder,
  HoldOutcome,
} from '../../domain/hold.ts';
import type { StatementLine } from '../../domain/statement.ts';
import { hashOrder } from '../../domain/transfer.ts';
import type { Transfer, TransferOrder, TransferOutcome } from '../../domain/transfer.ts';
import type { SchemaCheck, Store } from '../store.ts';

export interface MemoryStore extends Store {
  schema: SchemaCheck;
  /** Keys that look as if another connection were working on them. */
  readonly inFlight: Set<string>;
  /** Thrown by every operation while set. */
  failure: Error | undefined;
}

interface Rows {
  readonly accounts: Map<string, Account>;
  readonly transfers: Map<string, Transfer>;
  readonly holds: Map<string, Hold>;
  readonly now: () => Date;
}

export function createMemoryStore(now: () => Date = () => new Date(0)): MemoryStore {
  const rows: Rows = { accounts: new Map(), transfers: new Map(), holds: new Map(), now };
  const { accounts, transfers, holds } = rows;
  const documents = new Map<string, Document>();
  const keys = new Map<string, { readonly hash: string; readonly outcome: { kind: string } }>();

  const failIfTold = (): void => {
    if (store.failure !== undefined) throw store.failure;
  };

  /** Once per key; a repeat gets the first outcome. */
  const once = async <T extends { kind: string }>(
    { key, hash }: { key: string; hash: string },
    work: () => T,
  ): Promise<T | { kind: 'keyReused' } | { kind: 'inFlight' }> => {
    failIfTold();
    if (store.inFlight.has(key)) return { kind: 'inFlight' };
    const known = keys.get(key);
    if (known === undefined) {
      const outcome = work();
      keys.set(key, { hash, outcome });
      return outcome;
    }
    if (known.hash !== hash) return { kind: 'keyReused' };
    const first = known.outcome as T;
    return first.kind === 'accepted' ? { ...first, kind: 'replayed' } : first;
  };

  const store: MemoryStore = {
    schema: { kind: 'ready' },
    inFlight: new Set(),
    failure: undefined,
    createAccount: async (account) => {
      failIfTold();
      const fresh = { ...account, balance: 0n, available: 0n, createdAt: now() };
      const made = accounts.get(account.id) ?? fresh;
      accounts.set(made.id, made);
      return made;
    },
    findAccount: async (id) => {
      failIfTold();
      return findAccount(rows, id);
    },
    postTransfer: (key, order) =>
      once<TransferOutcome>({ key, hash: hashOrder(order) }, () => move(rows, order)),
    findTransfer: async (id) => transfers.get(id),
    authorizeHold: (key, order) =>
      once<HoldOutcome>({ key, hash: hashHold(order) }, () => authorize(rows, order)),
    captureHold: (key, order) =>
      once<CaptureOutcome>({ key, hash: hashCapture(order) }, () => capture(rows, order)),
    releaseHold: async (id) => {
      failIfTold();
      const hold = findHold(rows, id);
      if (hold === undefined) return 'not-found';
      if (hold.state === 'captured') return 'not-open';
      if (hold.state === 'open') holds.set(id, { ...hold, state: 'released' });
      return 'released';
    },
    findHold: async (id) => findHold(rows, id),
    listPostings: async ({ account, limit, before }) =>
      linesOf(rows, account)
        .filter((line) => before === undefined || line.id < before)
        .slice(0, limit),
    addDocument: async (document) => {
      failIfTold();
      const known = [...documents.values()].find(
        ({ account, sha256 }) => account === document.account && sha256 === document.sha256,
      );
      const made = known ?? { ...document, createdAt: now() };
      documents.set(made.id, made);
      return made;
    },
    findDocument: async (id) => documents.get(id),
    listDocuments: async ({ account, limit, after }) => {
      const mine = [...documents.values()].filter((document) => document.account === account);
      const seen = mine.findIndex((document) => document.id === after);
      return after !== undefined && seen < 0 ? [] : mine.slice(seen + 1, seen + 1 + limit);
    },
    summarize: async () => summarize(rows),
    checkSchema: async () => store.schema,
    close: async () => undefined,
  };
  return store;
}

function findAccount({ accounts, holds, now }: Rows, id: string): Account | undefined {
  const account = accounts.get(id);
  if (account === undefined) return undefined;
  const held = [...holds.values()]
    .filter((hold) => hold.account === id && hold.state === 'open' && hold.expiresAt > now())
    .reduce((sum, hold) => sum + hold.amount, 0n);
  return { ...account, available: account.balance - held };
}

function findHold({ holds, now }: Rows, id: string): Hold | undefined {
  const hold = holds.get(id);
  return hold?.state === 'open' && hold.expiresAt <= now() ? { ...hold, state: 'expired' } : hold;
}

function move(rows: Rows, order: TransferOrder): TransferOutcome {
  const payer = findAccount(rows, order.from);
  const payee = findAccount(rows, order.to);
  if (payer === undefined) return { kind: 'rejected', rejection: 'payer-not-found' };
  if (payee === undefined) return { kind: 'rejected', rejection: 'payee-not-found' };
  if (payer.currency !== payee.currency)
    return { kind: 'rejected', rejection: 'currency-mismatch' };
  if (payer.kind === 'customer' && payer.available < order.amount)
    return { kind: 'rejected', rejection: 'insufficient-funds' };
  return { kind: 'accepted', transfer: book(rows, order, payer.currency) };
}

function authorize(rows: Rows, order: HoldOrder): HoldOutcome {
  const account = findAccount(rows, order.account);
  if (account === undefined) return { kind: 'rejected', rejection: 'account-not-found' };
  if (account.kind === 'customer' && account.available < order.amount)
    return { kind: 'rejected', rejection: 'insufficient-funds' };
  const createdAt = rows.now();
  const hold: Hold = {
    id: randomUUID(),
    account: account.id,
    amount: order.amount,
    currency: account.currency,
    reference: order.reference,
    state: 'open',
    transfer: undefined,
    expiresAt: new Date(createdAt.getTime() + order.expiresInSeconds * 1_000),
    createdAt,
  };
  rows.holds.set(hold.id, hold);
  return { kind: 'accepted', hold };
}

function capture(rows: Rows, order: CaptureOrder): CaptureOutcome {
  const hold = findHold(rows, order.hold);
  const payee = rows.accounts.get(order.to);
  if (hold === undefined) return { kind: 'rejected', rejection: 'hold-not-found' };
  if (hold.state === 'expired') return { kind: 'rejected', rejection: 'hold-expired' };
  if (hold.state !== 'open') return { kind: 'rejected', rejection: 'hold-not-open' };
  if (payee === undefined || payee.id === hold.account)
    return { kind: 'rejected', rejection: 'payee-not-found' };
  if (payee.currency !== hold.currency) return { kind: 'rejected', rejection: 'currency-mismatch' };
  const amount = order.amount ?? hold.amount;
  if (amount > hold.amount) return { kind: 'rejected', rejection: 'capture-too-large' };
  const transfer = book(
    rows,
    { from: hold.account, to: payee.id, amount, reference: hold.reference },
    hold.currency,
  );
  rows.holds.set(hold.id, { ...hold, state: 'captured', transfer: transfer.id });
  return { kind: 'accepted', transfer };
}

function book({ accounts, transfers, now }: Rows, order: TransferOrder, currency: string): Transfer {
  const add = (id: string, amount: bigint): void => {
    const account = accounts.get(id);
    if (account !== undefined) accounts.set(id, { ...account, balance: account.balance + amount });
  };
  add(order.from, -order.amount);
  add(order.to, order.amount);
  const transfer: Transfer = { ...order, id: randomUUID(), currency, createdAt: now() };
  transfers.set(transfer.id, transfer);
  return transfer;
}

function linesOf({ transfers }: Rows, account: string): StatementLine[] {
  return [...transfers.values()]
    .map((transfer, index) => ({ transfer, id: BigInt(index + 1) }))
    .filter(({ transfer: { from, to } }) => from === account || to === account)
    .map(({ transfer, id }) => ({
      id,
      transfer: transfer.id,
      counterparty: transfer.from === account ? transfer.to : transfer.from,
      amount: transfer.from === account ? -transfer.amount : transfer.amount,
      reference: transfer.reference,
      createdAt: transfer.createdAt,
    }))
    .toReversed();
}

function summarize({ accounts, transfers }: Rows) {
  const all = [...accounts.values()];
  const sum = (some: readonly Account[]): bigint =>
    some.reduce((total, account) => total + account.balance, 0n);
  return [...new Set(all.map((account) => account.currency))].map((currency) => {
    const mine = all.filter((account) => account.currency === currency);
    const count = [...transfers.values()].filter(
      (transfer) => transfer.currency === currency,
    ).length;
    return {
      currency,
      accounts: mine.length,
      transfers: count,
      postings: 2 * count,
      sumOfPostings: sum(mine),
      sumOfBalances: sum(mine),
      customerFunds: sum(mine.filter((account) => account.kind === 'customer')),
      accountsOutOfBalance: 0,
      accountsWrongHeld: 0,
    };
  });
}
