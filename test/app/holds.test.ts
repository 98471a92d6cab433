// Holds and statements where they are kept: in PostgreSQL, under concurrency.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { parseAmount } from '../../app/src/domain/money.ts';
import type { Amount } from '../../app/src/domain/money.ts';
import type { Hold } from '../../app/src/domain/hold.ts';
import { isBalanced } from '../../app/src/domain/summary.ts';
import { createPool } from '../../app/src/store/pool.ts';
import { createPostgresStore } from '../../app/src/store/postgres-store.ts';
import { defaultRetryPolicy, withRetry } from '../../app/src/store/retry.ts';
import type { Store } from '../../app/src/store/store.ts';
import { seededRandom } from '../load/random.ts';
import { runMigrations } from '../../prisma/migration-runner.ts';
import { committedMigrations, migrate, runnerOptions } from './migrations.ts';
import { startPostgres } from './postgres.ts';
import type { PrivatePostgres } from './postgres.ts';
import { waitFor } from './programs.ts';

let postgres: PrivatePostgres;
let database = '';
let count = 0;
let store: Store;
let outside: string;
let ann: string;
let shop: string;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  database = `holds_${(count += 1)}`;
  await postgres.createDatabase(database);
  await migrate(postgres.url(database));
  const pool = createPool({
    connection: { connectionString: postgres.url(database) },
    size: 12,
    applicationName: 'ledger',
    onIdleError: () => undefined,
  });
  store = createPostgresStore({ pool, retry: { ...defaultRetryPolicy, maxAttempts: 40 } });
  outside = await openAccount('external');
  ann = await openAccount('customer');
  shop = await openAccount('customer');
  await pay(outside, ann, 100);
});
afterEach(() => store.close());

async function openAccount(kind: 'customer' | 'external', currency = 'EUR'): Promise<string> {
  return (await store.createAccount({ id: randomUUID(), name: kind, kind, currency })).id;
}

function amountOf(value: number): Amount {
  const amount = parseAmount(value);
  if (amount === undefined) throw new Error(`${value} is no amount`);
  return amount;
}

const pay = (from: string, to: string, amount: number) =>
  store.postTransfer(randomUUID(), { from, to, amount: amountOf(amount), reference: undefined });

const hold = (amount: number, { key = randomUUID() as string, seconds = 600, of = ann } = {}) =>
  store.authorizeHold(key, {
    account: of,
    amount: amountOf(amount),
    expiresInSeconds: seconds,
    reference: 'deposit',
  });

async function held(amount: number, seconds = 600): Promise<Hold> {
  const outcome = await hold(amount, { seconds });
  if (outcome.kind !== 'accepted') throw new Error(`the hold was ${outcome.kind}`);
  return outcome.hold;
}

const capture = (id: string, amount?: number, key: string = randomUUID()) =>
  store.captureHold(key, {
    hold: id,
    to: shop,
    amount: amount === undefined ? undefined : amountOf(amount),
  });

async function funds(id: string): Promise<{ balance: bigint; available: bigint }> {
  const account = await store.findAccount(id);
  return { balance: account?.balance ?? -1n, available: account?.available ?? -1n };
}

const expectBalanced = async (): Promise<void> =>
  expect((await store.summarize()).map(isBalanced)).toEqual([true]);

describe('a hold', () => {
  it('keeps its money from transfers and other holds, and gives it up by capture', async () => {
    const made = await held(70);
    expect(await funds(ann)).toEqual({ balance: 100n, available: 30n });
    expect(await pay(ann, shop, 31)).toEqual({ kind: 'rejected', rejection: 'insufficient-funds' });
    expect(await hold(31)).toEqual({ kind: 'rejected', rejection: 'insufficient-funds' });
    expect(await pay(ann, shop, 30)).toMatchObject({ kind: 'accepted' });
    expect(await capture(made.id, 50)).toMatchObject({
      kind: 'accepted',
      transfer: { from: ann, to: shop, amount: 50n, reference: 'deposit' },
    });
    expect(await funds(ann)).toEqual({ balance: 20n, available: 20n });
    expect(await store.findHold(made.id)).toMatchObject({ state: 'captured' });
    await expectBalanced();
  });

  it('is made and captured once per key, and a key is never both', async () => {
    const first = await hold(40, { key: 'h' });
    expect(await hold(40, { key: 'h' })).toMatchObject({ ...first, kind: 'replayed' });
    expect(await hold(41, { key: 'h' })).toEqual({ kind: 'keyReused' });
    const id = first.kind === 'accepted' ? first.hold.id : '';
    const captured = await capture(id, 10, 'c');
    expect(await capture(id, 10, 'c')).toMatchObject({ ...captured, kind: 'replayed' });
    expect(await capture(id, 10)).toEqual({ kind: 'rejected', rejection: 'hold-not-open' });
    expect(await hold(40, { key: 'c' })).toEqual({ kind: 'keyReused' });
    expect(await capture(id, 10, 'h')).toEqual({ kind: 'keyReused' });
    expect(await funds(ann)).toEqual({ balance: 90n, available: 90n });
    await expectBalanced();
  });

  it('is released once, and not after it was captured', async () => {
    const one = await held(60);
    const other = await held(40);
    expect(await store.releaseHold(one.id)).toBe('released');
    expect(await store.releaseHold(one.id)).toBe('released');
    await capture(other.id);
    expect(await store.releaseHold(other.id)).toBe('not-open');
    expect(await store.releaseHold(randomUUID())).toBe('not-found');
    expect(await funds(ann)).toEqual({ balance: 60n, available: 60n });
    await expectBalanced();
  });

  it('expires by itself: its money is spent by whoever comes next', async () => {
    const byTransfer = await held(100, 1);
    expect(await pay(ann, shop, 1)).toMatchObject({ kind: 'rejected' });
    await sleep(1_100);
    expect(await funds(ann)).toEqual({ balance: 100n, available: 100n });
    expect(await store.findHold(byTransfer.id)).toMatchObject({ state: 'expired' });
    expect(await capture(byTransfer.id)).toEqual({ kind: 'rejected', rejection: 'hold-expired' });
    await expectBalanced();
    expect(await pay(ann, shop, 60)).toMatchObject({ kind: 'accepted' });
    await expectBalanced();
    const byHold = await held(40, 1);
    await sleep(1_100);
    expect(await hold(41)).toEqual({ kind: 'rejected', rejection: 'insufficient-funds' });
    expect(await hold(40)).toMatchObject({ kind: 'accepted' });
    expect(await store.findHold(byHold.id)).toMatchObject({ state: 'expired' });
    await expectBalanced();
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['of nobody', () => hold(1, { of: randomUUID() }), 'account-not-found'],
    ['that is none', () => capture(randomUUID()), 'hold-not-found'],
    ['for more than it holds', async () => capture((await held(5)).id, 6), 'capture-too-large'],
    [
      'to the account itself',
      async () =>
        store.captureHold('c', { hold: (await held(5)).id, to: ann, amount: undefined }),
      'payee-not-found',
    ],
    [
      'in another currency',
      async () => {
        const to = await openAccount('customer', 'CHF');
        return store.captureHold('c', { hold: (await held(5)).id, to, amount: undefined });
      },
      'currency-mismatch',
    ],
  ])('is refused: %s', async (_name, ask, rejection) => {
    expect(await ask()).toEqual({ kind: 'rejected', rejection });
    expect((await store.summarize()).every(isBalanced)).toBe(true);
  });

  it('is never captured and released, nor spent twice, whoever asks at once', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => held(10)));
    const random = seededRandom(5);
    await Promise.all(
      made.flatMap(({ id }) => [
        capture(id, 1 + Math.floor(random() * 10)),
        capture(id),
        store.releaseHold(id),
        pay(ann, shop, 10),
        pay(shop, ann, 3),
        hold(10),
      ]),
    );
    await expectBalanced();
    const { balance, available } = await funds(ann);
    expect(available).toBeGreaterThanOrEqual(0n);
    expect(balance + (await funds(shop)).balance).toBe(100n);
    const rows = await postgres.query<{ ok: boolean }>(
      database,
      `SELECT (h.state = 'captured') = (t.id IS NOT NULL) AND coalesce(t.amount <= h.amount, true) AS ok
         FROM hold h LEFT JOIN transfer t ON t.id = h.transfer_id`,
    );
    expect(rows.filter(({ ok }) => !ok)).toEqual([]);
  });
});

it('a statement shows each posting once and in order, while others are posted', async () => {
  const seen: bigint[] = [];
  await Promise.all(Array.from({ length: 20 }, (_, index) => pay(outside, ann, index + 1)));
  let before: bigint | undefined;
  for (;;) {
    const [lines] = await Promise.all([
      store.listPostings({ account: ann, limit: 3, before }),
      pay(ann, shop, 1),
    ]);
    if (lines.length === 0) break;
    seen.push(...lines.map((line) => line.id));
    before = lines.at(-1)?.id;
  }
  expect(seen.length).toBeGreaterThanOrEqual(21);
  expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => (a > b ? -1 : 1)));
});

it('the version before holds goes on working on the new schema', async () => {
  await held(70);
  // What that version sends, word by word.
  const rows = await postgres.query<{ outcome: string }>(
    database,
    `SELECT outcome FROM post_transfer('old', 'hash', '${randomUUID()}', '${ann}', '${shop}', 30, NULL)`,
  );
  expect(rows).toEqual([{ outcome: 'accepted' }]);
  await expectBalanced();
});

it('transfers of the version before go on while the schema of holds is applied', async () => {
  const name = 'migrated_under_load';
  await postgres.createDatabase(name);
  const url = postgres.url(name);
  const before = committedMigrations.filter((file) => file.name < '20261128100000');
  await runMigrations(before, runnerOptions(url));
  const accounts = Array.from({ length: 6 }, () => randomUUID());
  await postgres.query(
    name,
    `INSERT INTO account (id, name, kind, currency)
     SELECT unnest(ARRAY['${accounts.join("','")}'])::uuid, 'outside', 'external', 'EUR'`,
  );
  const pool = createPool({
    connection: { connectionString: url },
    size: 6,
    applicationName: 'old',
    onIdleError: () => undefined,
  });
  const ending = new AbortController();
  const counts = { accepted: 0, slowestMs: 0 };
  const transfer = async (from: string, to: string): Promise<void> => {
    const startedAt = performance.now();
    await withRetry(
      () =>
        pool.query('SELECT * FROM post_transfer($1, $2, $3, $4, $5, 1, NULL)', [
          randomUUID(),
          'hash',
          randomUUID(),
          from,
          to,
        ]),
      { ...defaultRetryPolicy, maxAttempts: 40 },
    );
    counts.accepted += 1;
    counts.slowestMs = Math.max(counts.slowestMs, performance.now() - startedAt);
  };
  const worker = async (from: string, to: string): Promise<void> => {
    while (!ending.signal.aborted) await transfer(from, to);
  };
  const load = Promise.all(accounts.map((id, at) => worker(id, accounts.at(at - 1) ?? '')));
  await waitFor('transfers', async () => (counts.accepted > 50 ? true : undefined));
  const result = await runMigrations(committedMigrations, runnerOptions(url));
  const atTheEnd = counts.accepted;
  await waitFor('more', async () => (counts.accepted > atTheEnd + 50 ? true : undefined));
  ending.abort();
  await load;
  await pool.end();
  expect(result).toMatchObject({ kind: 'applied' });
  // The lock is given up after three seconds; the wait for it is the longest that anybody sees.
  expect(counts.slowestMs).toBeLessThan(5_000);
  const [row] = await postgres.query<{ sum: string; transfers: string }>(
    name,
    `SELECT (SELECT sum(balance) FROM account)::text AS sum, (SELECT count(*) FROM transfer)::text AS transfers`,
  );
  expect(row).toEqual({ sum: '0', transfers: String(counts.accepted) });
});
