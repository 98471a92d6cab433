// Holds in PostgreSQL: one SQL function each, so one round trip and one serializable transaction.
import { randomUUID } from 'node:crypto';

import {
  captureRejections,
  hashCapture,
  hashHold,
  holdRejections,
  holdStates,
} from '../domain/hold.ts';
import type { CaptureOrder, CaptureOutcome, Hold, HoldOrder, HoldOutcome } from '../domain/hold.ts';
import type { Amount } from '../domain/money.ts';
import type { PrismaClient } from '../generated/client.ts';
import { withRetry } from './retry.ts';
import type { RetryPolicy } from './retry.ts';
import type { HoldStore } from './store.ts';

export function createPostgresHolds(prisma: PrismaClient, retry: RetryPolicy): HoldStore {
  return {
    authorizeHold: (key, order) => {
      const id = randomUUID();
      return withRetry(() => authorize(prisma, { key, id, order }), retry);
    },
    captureHold: (key, order) => {
      const id = randomUUID();
      return withRetry(() => capture(prisma, { key, id, order }), retry);
    },
    releaseHold: (id) =>
      withRetry(async () => {
        const rows = await prisma.$queryRaw<{ outcome: string }[]>`
          SELECT release_hold(${id}::uuid) AS outcome`;
        const outcome = rows[0]?.outcome;
        if (outcome === 'released' || outcome === 'not-found' || outcome === 'not-open')
          return outcome;
        throw unknownAnswer('release_hold', outcome);
      }, retry),
    findHold: (id) => withRetry(() => find(prisma, id), retry),
  };
}

interface AuthorizeRow {
  readonly outcome: string;
  readonly rejection: string | null;
  readonly hold_id: string | null;
  readonly currency: string | null;
  readonly expires_at: Date | null;
  readonly created_at: Date | null;
}

async function authorize(
  prisma: PrismaClient,
  { key, id, order }: { key: string; id: string; order: HoldOrder },
): Promise<HoldOutcome> {
  const { account, amount, expiresInSeconds, reference } = order;
  const rows = await prisma.$queryRaw<AuthorizeRow[]>`
    SELECT * FROM authorize_hold(${key}::text, ${hashHold(order)}::text, ${id}::uuid, ${account}::uuid,
      ${amount}::bigint, ${expiresInSeconds}::integer, ${reference ?? null}::text)`;
  const [row] = rows;
  switch (row?.outcome) {
    case 'in-flight':
      return { kind: 'inFlight' };
    case 'key-reused':
      return { kind: 'keyReused' };
    case 'rejected': {
      const rejection = holdRejections.find((known) => known === row.rejection);
      if (rejection !== undefined) return { kind: 'rejected', rejection };
      break;
    }
    case 'accepted':
    case 'replayed': {
      const { hold_id: held, currency, expires_at: expiresAt, created_at: createdAt } = row;
      if (held === null || currency === null || expiresAt === null || createdAt === null) break;
      const made = { id: held, account, amount, currency, reference, expiresAt, createdAt };
      return { kind: row.outcome, hold: { ...made, state: 'open', transfer: undefined } };
    }
  }
  throw unknownAnswer('authorize_hold', row?.outcome);
}

interface CaptureRow {
  readonly outcome: string;
  readonly rejection: string | null;
  readonly transfer_id: string | null;
  readonly from_account_id: string;
  readonly to_account_id: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly reference: string | null;
  readonly created_at: Date;
}

async function capture(
  prisma: PrismaClient,
  { key, id, order }: { key: string; id: string; order: CaptureOrder },
): Promise<CaptureOutcome> {
  const { hold, to, amount } = order;
  const rows = await prisma.$queryRaw<CaptureRow[]>`
    SELECT * FROM capture_hold(${key}::text, ${hashCapture(order)}::text, ${id}::uuid, ${hold}::uuid,
      ${to}::uuid, ${amount ?? null}::bigint)`;
  const [row] = rows;
  switch (row?.outcome) {
    case 'in-flight':
      return { kind: 'inFlight' };
    case 'key-reused':
      return { kind: 'keyReused' };
    case 'rejected': {
      const rejection = captureRejections.find((known) => known === row.rejection);
      if (rejection !== undefined) return { kind: 'rejected', rejection };
      break;
    }
    case 'accepted':
    case 'replayed':
      if (row.transfer_id === null) break;
      return {
        kind: row.outcome,
        transfer: {
          id: row.transfer_id,
          from: row.from_account_id,
          to: row.to_account_id,
          amount: row.amount as Amount,
          currency: row.currency,
          reference: row.reference ?? undefined,
          createdAt: row.created_at,
        },
      };
  }
  throw unknownAnswer('capture_hold', row?.outcome);
}

interface HoldRow {
  readonly id: string;
  readonly account_id: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly reference: string | null;
  readonly state: string;
  readonly transfer_id: string | null;
  readonly expires_at: Date;
  readonly created_at: Date;
}

/** One that nobody has ended since it expired says "open" in its row. */
async function find(prisma: PrismaClient, id: string): Promise<Hold | undefined> {
  const rows = await prisma.$queryRaw<HoldRow[]>`
    SELECT id, account_id, amount, currency::text AS currency, reference, transfer_id, expires_at,
           created_at,
           CASE WHEN state = 'open' AND expires_at <= now() THEN 'expired' ELSE state END AS state
      FROM hold WHERE id = ${id}::uuid`;
  const [row] = rows;
  if (row === undefined) return undefined;
  const state = holdStates.find((known) => known === row.state);
  if (state === undefined) throw unknownAnswer('the state of a hold', row.state);
  return {
    id: row.id,
    account: row.account_id,
    amount: row.amount as Amount,
    currency: row.currency,
    reference: row.reference ?? undefined,
    state,
    transfer: row.transfer_id ?? undefined,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
  };
}

function unknownAnswer(who: string, answer: string | undefined): Error {
  return new Error(`${who} answered something unknown: ${answer ?? 'nothing'}`);
}
