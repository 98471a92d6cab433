// Each operation of the store is one question to the database, however many rows it is about.
import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { parseAmount } from '../../app/src/domain/money.ts';
import { createPool } from '../../app/src/store/pool.ts';
import { createPostgresStore } from '../../app/src/store/postgres-store.ts';
import { defaultRetryPolicy } from '../../app/src/store/retry.ts';
import type { Store } from '../../app/src/store/store.ts';
import { migrate } from './migrations.ts';
import { startPostgres } from './postgres.ts';
import type { PrivatePostgres } from './postgres.ts';

let postgres: PrivatePostgres;
let store: Store;
let questions = 0;
let outside: string;
let ann: string;
let transfer: string;
let document: string;

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.createDatabase('bank');
  await migrate(postgres.url('bank'));
  const pool = createPool({
    connection: { connectionString: postgres.url('bank') },
    size: 1,
    applicationName: 'counted',
    onIdleError: () => undefined,
  });
  // The pool has one connection, and whatever is asked goes through it.
  pool.on('connect', (client) => {
    const ask = client.query.bind(client);
    Object.assign(client, {
      query: (...args: Parameters<typeof ask>) => {
        questions += 1;
        return ask(...args);
      },
    });
  });
  store = createPostgresStore({ pool, retry: defaultRetryPolicy });
  outside = (await openAccount('external')).id;
  ann = (await openAccount('customer')).id;
  for (let time = 0; time < 25; time += 1) transfer = await pay();
  for (let time = 0; time < 25; time += 1) document = (await addDocument(String(time))).id;
});
afterAll(async () => {
  await store.close();
  await postgres.stop();
});

function amount(value: number) {
  const parsed = parseAmount(value);
  if (parsed === undefined) throw new Error(`${value} is no amount`);
  return parsed;
}

const openAccount = (kind: 'customer' | 'external') =>
  store.createAccount({ id: randomUUID(), name: kind, kind, currency: 'EUR' });

async function pay(): Promise<string> {
  const order = { from: outside, to: ann, amount: amount(10), reference: undefined };
  const outcome = await store.postTransfer(randomUUID(), order);
  return outcome.kind === 'accepted' ? outcome.transfer.id : '';
}

async function hold(): Promise<string> {
  const order = { account: ann, amount: amount(1), expiresInSeconds: 600, reference: undefined };
  const outcome = await store.authorizeHold(randomUUID(), order);
  return outcome.kind === 'accepted' ? outcome.hold.id : '';
}

const addDocument = (start: string) =>
  store.addDocument({
    id: randomUUID(),
    account: ann,
    sha256: start.padStart(64, '0'),
    sizeBytes: 1,
    contentType: 'application/pdf',
  });

const all = { limit: 100, before: undefined, after: undefined };

it.each<[string, () => Promise<unknown>]>([
  ['an account', () => openAccount('customer')],
  ['a look at an account', () => store.findAccount(ann)],
  ['a transfer', pay],
  ['a look at a transfer', () => store.findTransfer(transfer)],
  ['a hold', hold],
  ['a look at a hold', () => store.findHold(randomUUID())],
  ['a release', () => store.releaseHold(randomUUID())],
  [
    'a capture',
    () => store.captureHold(randomUUID(), { hold: randomUUID(), to: ann, amount: undefined }),
  ],
  ['a page of a statement', () => store.listPostings({ ...all, account: ann })],
  ['a document', () => addDocument('ffff')],
  ['a look at a document', () => store.findDocument(document)],
  ['a page of documents', () => store.listDocuments({ ...all, account: ann })],
  ['the summary of the ledger', () => store.summarize()],
])('is true of %s', async (_name, work) => {
  questions = 0;
  await work();
  expect(questions).toBe(1);
});
