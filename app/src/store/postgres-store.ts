// The ledger in PostgreSQL, through Prisma. Each operation is one round trip.
import { randomUUID } from 'node:crypto';

import { PrismaPg } from '@prisma/adapter-pg';
import type { Pool } from 'pg';

import type { Account, AccountKind, NewAccount } from '../domain/account.ts';
import type { Amount } from '../domain/money.ts';
import type { CurrencySummary } from '../domain/summary.ts';
import { hashOrder, rejections } from '../domain/transfer.ts';
import type { Transfer, TransferOrder, TransferOutcome } from '../domain/transfer.ts';
import { PrismaClient } from '../generated/client.ts';
import { createPostgresDocuments } from './postgres-documents.ts';
import { createPostgresHolds } from './postgres-holds.ts';
import { listPostings } from './postgres-statement.ts';
import { requiredMigration } from './required-schema.ts';
import { withRetry } from './retry.ts';
import type { RetryPolicy } from './retry.ts';
import type { SchemaCheck, Store } from './store.ts';

export interface PostgresStoreOptions {
  readonly pool: Pool;
  readonly retry: RetryPolicy;
}

/** Builds the store on a pool, which it closes with itself. */
export function createPostgresStore({ pool, retry }: PostgresStoreOptions): Store {
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    createAccount: (account) => withRetry(() => createAccount(prisma, account), retry),
    findAccount: (id) => withRetry(() => findAccount(prisma, id), retry),
    postTransfer: (key, order) => {
      const id = randomUUID();
      return withRetry(() => postTransfer(prisma, { key, id, order }), retry);
    },
    findTransfer: (id) =>
      withRetry(async () => {
        const row = await prisma.transfer.findUnique({ where: { id } });
        return row === null ? undefined : toTransfer(row);
      }, retry),
    ...createPostgresHolds(prisma, retry),
    ...createPostgresDocuments(prisma, retry),
    listPostings: (query) => withRetry(() => listPostings(prisma, query), retry),
    summarize: () => withRetry(() => summarize(prisma), retry),
    checkSchema: () => checkSchema(prisma),
    close: async () => {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

/**
 * A lost connection may have made it already; then the second try finds it. It reads nothing first:
 * many new accounts on one page of the index would look like conflicts to SERIALIZABLE.
 */
async function createAccount(prisma: PrismaClient, account: NewAccount): Promise<Account> {
  const { id, name, kind, currency } = account;
  const rows = await prisma.$queryRaw<FoundAccountRow[]>`
    INSERT INTO account (id, name, kind, currency)
    VALUES (${id}::uuid, ${name}::text, ${kind}::text, ${currency}::char(3))
    ON CONFLICT (id) DO UPDATE SET name = account.name
    RETURNING id, name, kind, currency::text AS currency, balance, balance - held AS available, created_at`;
  if (rows[0] === undefined) throw new Error('the account was neither made nor found');
  return readAccount(rows[0]);
}

interface FoundAccountRow {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly currency: string;
  readonly balance: bigint;
  readonly available: bigint;
  readonly created_at: Date;
}

/** What is held is added up only where something is: an expired hold no longer counts. */
async function findAccount(prisma: PrismaClient, id: string): Promise<Account | undefined> {
  const rows = await prisma.$queryRaw<FoundAccountRow[]>`
    SELECT a.id, a.name, a.kind, a.currency::text AS currency, a.balance, a.created_at,
           CASE WHEN a.held = 0 THEN a.balance ELSE a.balance - (
             SELECT coalesce(sum(h.amount), 0) FROM hold h
              WHERE h.account_id = a.id AND h.state = 'open' AND h.expires_at > now())::bigint
           END AS available
      FROM account a WHERE a.id = ${id}::uuid`;
  return rows[0] === undefined ? undefined : readAccount(rows[0]);
}

function readAccount({ created_at: createdAt, kind, ...account }: FoundAccountRow): Account {
  return { ...account, kind: toAccountKind(kind), createdAt };
}

interface OutcomeRow {
  readonly outcome: string;
  readonly rejection: string | null;
  readonly transfer_id: string | null;
  readonly currency: string | null;
  readonly created_at: Date | null;
}

async function postTransfer(
  prisma: PrismaClient,
  { key, id, order }: { key: string; id: string; order: TransferOrder },
): Promise<TransferOutcome> {
  const rows = await prisma.$queryRaw<OutcomeRow[]>`
    SELECT * FROM post_transfer(${key}::text, ${hashOrder(order)}::text, ${id}::uuid,
      ${order.from}::uuid, ${order.to}::uuid, ${order.amount}::bigint, ${order.reference ?? null}::text)`;
  return readOutcome(rows[0], order);
}

function readOutcome(row: OutcomeRow | undefined, order: TransferOrder): TransferOutcome {
  switch (row?.outcome) {
    case 'in-flight':
      return { kind: 'inFlight' };
    case 'key-reused':
      return { kind: 'keyReused' };
    case 'rejected': {
      const rejection = rejections.find((known) => known === row.rejection);
      if (rejection !== undefined) return { kind: 'rejected', rejection };
      break;
    }
    case 'accepted':
    case 'replayed': {
      const { transfer_id: id, currency, created_at: createdAt } = row;
      if (id === null || currency === null || createdAt === null) break;
      return { kind: row.outcome, transfer: { ...order, id, currency, createdAt } };
    }
  }
  throw new Error(`post_transfer answered something unknown: ${row?.outcome ?? 'nothing'}`);
}

interface SummaryRow {
  readonly currency: string;
  readonly accounts: string;
  readonly transfers: string;
  readonly postings: string;
  readonly sum_of_postings: string;
  readonly sum_of_balances: string;
  readonly customer_funds: string;
  readonly accounts_out_of_balance: string;
  readonly accounts_wrong_held: string;
}

/** One statement, so that all numbers are of one moment. */
async function summarize(prisma: PrismaClient): Promise<readonly CurrencySummary[]> {
  const rows = await prisma.$queryRaw<SummaryRow[]>`
    WITH posted AS (
      SELECT account_id, sum(amount) AS amount, count(*) AS postings FROM posting GROUP BY account_id),
    set_aside AS (
      SELECT account_id, sum(amount) AS amount FROM hold WHERE state = 'open' GROUP BY account_id)
    SELECT a.currency::text AS currency,
           count(*)::text AS accounts,
           (SELECT count(*) FROM transfer t WHERE t.currency = a.currency)::text AS transfers,
           coalesce(sum(p.postings), 0)::text AS postings,
           coalesce(sum(p.amount), 0)::text AS sum_of_postings,
           sum(a.balance)::text AS sum_of_balances,
           coalesce(sum(a.balance) FILTER (WHERE a.kind = 'customer'), 0)::text AS customer_funds,
           count(*) FILTER (WHERE a.balance <> coalesce(p.amount, 0))::text AS accounts_out_of_balance,
           count(*) FILTER (WHERE a.held <> coalesce(s.amount, 0))::text AS accounts_wrong_held
      FROM account a LEFT JOIN posted p ON p.account_id = a.id
      LEFT JOIN set_aside s ON s.account_id = a.id
     GROUP BY a.currency ORDER BY a.currency`;
  return rows.map((row) => ({
    currency: row.currency,
    accounts: Number(row.accounts),
    transfers: Number(row.transfers),
    postings: Number(row.postings),
    sumOfPostings: BigInt(row.sum_of_postings),
    sumOfBalances: BigInt(row.sum_of_balances),
    customerFunds: BigInt(row.customer_funds),
    accountsOutOfBalance: Number(row.accounts_out_of_balance),
    accountsWrongHeld: Number(row.accounts_wrong_held),
  }));
}

/** A schema that is ahead of us is fine: expand before contract keeps the old version working. */
async function checkSchema(prisma: PrismaClient): Promise<SchemaCheck> {
  try {
    const tables = await prisma.$queryRaw<{ present: boolean }[]>`
      SELECT to_regclass('_prisma_migrations') IS NOT NULL AS present`;
    if (tables[0]?.present !== true) return { kind: 'tooOld', missing: requiredMigration };
    const rows = await prisma.$queryRaw<{ done: boolean }[]>`
      SELECT true AS done FROM "_prisma_migrations"
       WHERE migration_name = ${requiredMigration}
         AND finished_at IS NOT NULL AND rolled_back_at IS NULL LIMIT 1`;
    return rows.length > 0 ? { kind: 'ready' } : { kind: 'tooOld', missing: requiredMigration };
  } catch (error) {
    return { kind: 'unreachable', error };
  }
}

function toAccountKind(kind: string): AccountKind {
  if (kind === 'customer' || kind === 'external') return kind;
  throw new Error(`the database holds an account of unknown kind ${kind}`);
}

interface TransferRow {
  readonly id: string;
  readonly fromAccountId: string;
  readonly toAccountId: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly reference: string | null;
  readonly createdAt: Date;
}

function toTransfer(row: TransferRow): Transfer {
  return {
    id: row.id,
    from: row.fromAccountId,
    to: row.toAccountId,
    amount: row.amount as Amount,
    currency: row.currency,
    reference: row.reference ?? undefined,
    createdAt: row.createdAt,
  };
}
