// The ledger's rules where they are kept: in PostgreSQL, under concurrency and broken connections.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';

import { parseAmount } from '../../app/src/domain/money.ts';
import type { Amount } from '../../app/src/domain/money.ts';
import { isBalanced } from '../../app/src/domain/summary.ts';
import type { TransferOrder, TransferOutcome } from '../../app/src/domain/transfer.ts';
import { createPool } from '../../app/src/store/pool.ts';
import { createPostgresStore } from '../../app/src/store/postgres-store.ts';
import { RetriesExhausted, defaultRetryPolicy } from '../../app/src/store/retry.ts';
import type { Store } from '../../app/src/store/store.ts';
import { seededRandom } from '../load/random.ts';
import { migrate } from './migrations.ts';
import { startPostgres } from './postgres.ts';
import type { PrivatePostgres } from './postgres.ts';
import { waitFor } from './programs.ts';

let postgres: PrivatePostgres;
let database = '';
let count = 0;
let store: Store;
let retries: Record<string, number>;
const open: Store[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  database = `store_${(count += 1)}`;
  await postgres.createDatabase(database);
  await migrate(postgres.url(database));
  store = openStore(postgres.url(database));
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

function openStore(connectionString: string): Store {
  retries = { conflict: 0, lost: 0, unreachable: 0 };
  const pool = createPool({
    connection: { connectionString },
    size: 12,
    applicationName: 'ledger',
    onIdleError: () => undefined,
  });
  const made = createPostgresStore({
    pool,
    retry: {
      ...defaultRetryPolicy,
      onRetry: (kind) => void (retries[kind] = (retries[kind] ?? 0) + 1),
    },
  });
  open.push(made);
  return made;
}

function amountOf(value: number): Amount {
  const amount = parseAmount(value);
  if (amount === undefined) throw new Error(`${value} is no amount`);
  return amount;
}

const order = (from: string, to: string, amount = 10): TransferOrder => ({
  from,
  to,
  amount: amountOf(amount),
  reference: undefined,
});

async function openAccount(kind: 'customer' | 'external', currency = 'EUR'): Promise<string> {
  return (await store.createAccount({ id: randomUUID(), name: kind, kind, currency })).id;
}

async function fundedAccounts(howMany: number, funds: number): Promise<string[]> {
  const outside = await openAccount('external');
  const ids: string[] = [];
  for (let index = 0; index < howMany; index += 1) {
    const id = await openAccount('customer');
    await store.postTransfer(randomUUID(), order(outside, id, funds));
    ids.push(id);
  }
  return ids;
}

const balanceOf = async (id: string): Promise<bigint | undefined> =>
  (await store.findAccount(id))?.balance;

/** Another session that holds a row until it is told to let go. */
async function lockAccount(id: string, sql: string): Promise<Client> {
  const client = new Client({ connectionString: postgres.url(database) });
  await client.connect();
  await client.query('BEGIN');
  await client.query(sql, [id]);
  return client;
}

const waitUntilSomebodyWaits = () =>
  waitFor(
    'a transfer to wait for the lock',
    async () =>
      (
        await postgres.query(
          database,
          `SELECT 1 FROM pg_stat_activity WHERE application_name = 'ledger' AND wait_event_type = 'Lock' AND datname = '${database}'`,
        )
      )[0],
  );

describe('a transfer', () => {
  it('posts both sides and can be read back', async () => {
    const [ann = '', ben = ''] = await fundedAccounts(2, 100);
    const outcome = await store.postTransfer('k', { ...order(ann, ben, 30), reference: 'rent' });
    expect(outcome).toMatchObject({
      kind: 'accepted',
      transfer: { from: ann, to: ben, amount: 30n, currency: 'EUR', reference: 'rent' },
    });
    expect([await balanceOf(ann), await balanceOf(ben)]).toEqual([70n, 130n]);
    const made = outcome.kind === 'accepted' ? outcome.transfer : undefined;
    await expect(store.findTransfer(made?.id ?? '')).resolves.toEqual(made);
    expect((await store.summarize()).map(isBalanced)).toEqual([true]);
  });

  it.each<[string, (ann: string) => Promise<TransferOrder>, string]>([
    [
      'more than there is',
      async (ann) => order(ann, await openAccount('customer'), 101),
      'insufficient-funds',
    ],
    ['a payer of nobody', async (ann) => order(randomUUID(), ann), 'payer-not-found'],
    ['a payee of nobody', async (ann) => order(ann, randomUUID()), 'payee-not-found'],
    [
      'another currency',
      async (ann) => order(ann, await openAccount('customer', 'CHF')),
      'currency-mismatch',
    ],
  ])(
    'is refused for %s, moves nothing, and is refused again under its key',
    async (_name, makeOrder, rejection) => {
      const [ann = ''] = await fundedAccounts(1, 100);
      const refused = await makeOrder(ann);
      for (let attempt = 0; attempt < 2; attempt += 1) {
        await expect(store.postTransfer('k', refused)).resolves.toEqual({
          kind: 'rejected',
          rejection,
        });
      }
      expect(await balanceOf(ann)).toBe(100n);
    },
  );

  it('is made once for one key, however many ask at once', async () => {
    const [ann = '', ben = ''] = await fundedAccounts(2, 100);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => store.postTransfer('k', order(ann, ben))),
    );
    expect(outcomes.filter((outcome) => outcome.kind === 'accepted')).toHaveLength(1);
    expect(
      outcomes.every((outcome) => ['accepted', 'replayed', 'inFlight'].includes(outcome.kind)),
    ).toBe(true);
    await expect(store.postTransfer('k', order(ann, ben))).resolves.toMatchObject({
      kind: 'replayed',
    });
    await expect(store.postTransfer('k', order(ann, ben, 11))).resolves.toEqual({
      kind: 'keyReused',
    });
    expect([await balanceOf(ann), await balanceOf(ben)]).toEqual([90n, 110n]);
  });

  it('is reported as in flight while another connection works on its key', async () => {
    const [ann = '', ben = ''] = await fundedAccounts(2, 100);
    const holder = await lockAccount(ann, 'SELECT 1 FROM account WHERE id = $1 FOR UPDATE');
    const first = store.postTransfer('k', order(ann, ben));
    await waitUntilSomebodyWaits();
    await expect(store.postTransfer('k', order(ann, ben))).resolves.toEqual({ kind: 'inFlight' });
    await holder.end();
    await expect(first).resolves.toMatchObject({ kind: 'accepted' });
  });

  it('is tried again when a concurrent transaction won the row (40001)', async () => {
    const [ann = '', ben = ''] = await fundedAccounts(2, 100);
    retries['conflict'] = 0;
    const holder = await lockAccount(ann, 'UPDATE account SET name = name WHERE id = $1');
    const transfer = store.postTransfer('k', order(ann, ben));
    await waitUntilSomebodyWaits();
    await holder.query('COMMIT');
    await expect(transfer).resolves.toMatchObject({ kind: 'accepted' });
    expect(retries['conflict']).toBeGreaterThan(0);
    await holder.end();
  });

  it('never overdraws, though many want the same money', async () => {
    const [ann = '', ben = ''] = await fundedAccounts(2, 100);
    const persistent = async (key: string): Promise<TransferOutcome> =>
      persist(() => store.postTransfer(key, order(ann, ben, 30)));
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, index) => persistent(`k${index}`)),
    );
    expect(outcomes.filter((outcome) => outcome.kind === 'accepted')).toHaveLength(3);
    expect(outcomes.filter((outcome) => outcome.kind === 'rejected')).toHaveLength(7);
    expect(await balanceOf(ann)).toBe(10n);
  });
});

/** A client that does not give up. */
async function persist(work: () => Promise<TransferOutcome>): Promise<TransferOutcome> {
  for (;;) {
    try {
      const outcome = await work();
      if (outcome.kind !== 'inFlight') return outcome;
    } catch (error) {
      if (!(error instanceof RetriesExhausted)) throw error;
    }
    await sleep(5);
  }
}

describe('money', () => {
  it('is conserved with 50 clients at once while their connections are killed at random', async () => {
    const accounts = await fundedAccounts(12, 1_000);
    const before = await store.summarize();
    const random = seededRandom(20_261_121);
    const pick = (): string => accounts[Math.floor(random() * accounts.length)] ?? '';
    retries = { conflict: 0, lost: 0, unreachable: 0 };
    const progress = { working: 50 };
    const outcomes: TransferOutcome[] = [];
    const client = async (): Promise<void> => {
      for (let made = 0; made < 12; made += 1) {
        const [from, to] = [pick(), pick()];
        if (from === to) continue;
        const key = randomUUID();
        outcomes.push(
          await persist(() =>
            store.postTransfer(key, order(from, to, 1 + Math.floor(random() * 400))),
          ),
        );
      }
      progress.working -= 1;
    };
    let killed = 0;
    const killer = async (): Promise<void> => {
      while (progress.working > 0) {
        const rows = await postgres.query(
          database,
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ledger' AND datname = '${database}' ORDER BY random() LIMIT 3`,
        );
        killed += rows.length;
        await sleep(10);
      }
    };
    await Promise.all([killer(), ...Array.from({ length: 50 }, client)]);

    const accepted = outcomes.flatMap((outcome) =>
      outcome.kind === 'accepted' || outcome.kind === 'replayed' ? [outcome.transfer] : [],
    );
    const after = await store.summarize();
    expect(killed).toBeGreaterThan(0);
    expect(retries['lost']).toBeGreaterThan(0);
    expect(accepted.length).toBeGreaterThan(100);
    expect(new Set(accepted.map((transfer) => transfer.id)).size).toBe(accepted.length);
    expect(after.map(isBalanced)).toEqual([true]);
    expect(after[0]?.customerFunds).toBe(before[0]?.customerFunds);
    expect(after[0]?.transfers).toBe((before[0]?.transfers ?? 0) + accepted.length);
    const balances = await Promise.all(accounts.map(balanceOf));
    expect(balances.filter((balance) => balance === undefined || balance < 0n)).toEqual([]);
  });
});

describe('the schema check', () => {
  it('tells an empty database, a migrated one, and none at all apart', async () => {
    await expect(store.checkSchema()).resolves.toEqual({ kind: 'ready' });
    await postgres.createDatabase(`${database}_empty`);
    await expect(openStore(postgres.url(`${database}_empty`)).checkSchema()).resolves.toMatchObject(
      { kind: 'tooOld' },
    );
    await expect(
      openStore('postgresql://u:p@127.0.0.1:1/none').checkSchema(),
    ).resolves.toMatchObject({ kind: 'unreachable' });
  });

  it('takes a migration that was not finished for missing', async () => {
    await postgres.query(database, `UPDATE "_prisma_migrations" SET finished_at = NULL`);
    await expect(store.checkSchema()).resolves.toMatchObject({ kind: 'tooOld' });
  });
});

describe('an account', () => {
  it('is made beside many others at once without a conflict', async () => {
    await Promise.all(Array.from({ length: 200 }, () => openAccount('customer')));
    expect(retries['conflict']).toBe(0);
  });

  it('is made once though it is asked for twice', async () => {
    const account = { id: randomUUID(), name: 'Ann', kind: 'customer', currency: 'EUR' } as const;
    const first = await store.createAccount(account);
    await expect(store.createAccount({ ...account, name: 'Eve' })).resolves.toEqual(first);
  });
});

describe('a document', () => {
  const row = (account: string, sha256: string) => ({
    id: randomUUID(),
    account,
    sha256,
    sizeBytes: 12,
    contentType: 'application/pdf',
  });

  it('is one row for the same bytes of an account, whoever adds it at once', async () => {
    const [ann = '', ben = ''] = await fundedAccounts(2, 100);
    const same = 'a'.repeat(64);
    const added = await Promise.all(
      Array.from({ length: 8 }, () => store.addDocument(row(ann, same))),
    );
    expect(new Set(added.map(({ id }) => id)).size).toBe(1);
    const other = await store.addDocument(row(ben, same));
    expect(other.id).not.toBe(added[0]?.id);
    expect(await store.findDocument(other.id)).toEqual(other);
    expect(await store.findDocument(randomUUID())).toBeUndefined();
  });

  it('is listed once, oldest first', async () => {
    const [ann = ''] = await fundedAccounts(1, 100);
    const ids: string[] = [];
    for (let digit = 0; digit < 5; digit += 1)
      ids.push((await store.addDocument(row(ann, String(digit).repeat(64)))).id);
    const seen: string[] = [];
    for (;;) {
      const page = await store.listDocuments({ account: ann, limit: 2, after: seen.at(-1) });
      if (page.length === 0) break;
      seen.push(...page.map(({ id }) => id));
    }
    expect(seen).toEqual(ids);
  });
});
