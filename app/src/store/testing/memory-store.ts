// A whole ledger in memory with the same rules as the real one, for tests of everything above it.
import { randomUUID } from 'node:crypto';

import type { Account } from '../../domain/account.ts';
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

export function createMemoryStore(now: () => Date = () => new Date(0)): MemoryStore {
  const accounts = new Map<string, Account>();
  const transfers = new Map<string, Transfer>();
  const keys = new Map<string, { hash: string; outcome: TransferOutcome }>();

  const failIfTold = (): void => {
    if (store.failure !== undefined) throw store.failure;
  };

  const move = (order: TransferOrder): TransferOutcome => {
    const payer = accounts.get(order.from);
    const payee = accounts.get(order.to);
    if (payer === undefined) return { kind: 'rejected', rejection: 'payer-not-found' };
    if (payee === undefined) return { kind: 'rejected', rejection: 'payee-not-found' };
    if (payer.currency !== payee.currency)
      return { kind: 'rejected', rejection: 'currency-mismatch' };
    if (payer.kind === 'customer' && payer.balance < order.amount)
      return { kind: 'rejected', rejection: 'insufficient-funds' };
    accounts.set(payer.id, { ...payer, balance: payer.balance - order.amount });
    accounts.set(payee.id, { ...payee, balance: payee.balance + order.amount });
    const transfer: Transfer = {
      ...order,
      id: randomUUID(),
      currency: payer.currency,
      createdAt: now(),
    };
    transfers.set(transfer.id, transfer);
    return { kind: 'accepted', transfer };
  };

  const store: MemoryStore = {
    schema: { kind: 'ready' },
    inFlight: new Set(),
    failure: undefined,
    createAccount: async (account) => {
      failIfTold();
      const made = accounts.get(account.id) ?? { ...account, balance: 0n, createdAt: now() };
      accounts.set(made.id, made);
      return made;
    },
    findAccount: async (id) => {
      failIfTold();
      return accounts.get(id);
    },
    postTransfer: async (key, order) => {
      failIfTold();
      if (store.inFlight.has(key)) return { kind: 'inFlight' };
      const known = keys.get(key);
      if (known === undefined) {
        const outcome = move(order);
        keys.set(key, { hash: hashOrder(order), outcome });
        return outcome;
      }
      if (known.hash !== hashOrder(order)) return { kind: 'keyReused' };
      return known.outcome.kind === 'accepted'
        ? { ...known.outcome, kind: 'replayed' }
        : known.outcome;
    },
    findTransfer: async (id) => transfers.get(id),
    summarize: async () => {
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
        };
      });
    },
    checkSchema: async () => store.schema,
    close: async () => undefined,
  };
  return store;
}
