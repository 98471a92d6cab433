// Statements in PostgreSQL: one query a page, along the index of an account's postings.
import type { StatementLine, StatementQuery } from '../domain/statement.ts';
import type { PrismaClient } from '../generated/client.ts';

interface LineRow {
  readonly id: bigint;
  readonly transfer_id: string;
  readonly counterparty: string;
  readonly amount: bigint;
  readonly reference: string | null;
  readonly created_at: Date;
}

const newest = 9_223_372_036_854_775_807n;

/** Newest first. */
export async function listPostings(
  prisma: PrismaClient,
  { account, limit, before = newest }: StatementQuery,
): Promise<readonly StatementLine[]> {
  const rows = await prisma.$queryRaw<LineRow[]>`
    SELECT p.id, p.transfer_id, p.amount, t.reference, p.created_at,
           CASE WHEN t.from_account_id = p.account_id THEN t.to_account_id ELSE t.from_account_id END
             AS counterparty
      FROM posting p JOIN transfer t ON t.id = p.transfer_id
     WHERE p.account_id = ${account}::uuid AND p.id < ${before}::bigint
     ORDER BY p.id DESC LIMIT ${limit}::integer`;
  return rows.map((row) => ({
    id: row.id,
    transfer: row.transfer_id,
    counterparty: row.counterparty,
    amount: row.amount,
    reference: row.reference ?? undefined,
    createdAt: row.created_at,
  }));
}
