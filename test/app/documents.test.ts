// Documents against a real database and folder: every accepted one is whole, whatever happens to the app.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';

import { migrate } from './migrations.ts';
import { startPostgres } from './postgres.ts';
import type { PrivatePostgres } from './postgres.ts';
import { startApp, statusOf, stopApp, stopPrograms, waitFor } from './programs.ts';
import type { RunningApp } from './programs.ts';

let postgres: PrivatePostgres;
let dir = '';
let app: RunningApp;
let account = '';

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.createDatabase('bank');
  await migrate(postgres.url('bank'));
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'documents-'));
  app = await startReady();
  const made = await fetch(`${app.url}/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"name":"Ann"}',
  });
  account = made.headers.get('location') ?? '';
});
afterEach(async () => {
  await stopPrograms();
  rmSync(dir, { recursive: true, force: true });
});

async function startReady(): Promise<RunningApp> {
  const started = await startApp({ ...postgres.env('bank'), UPLOADS_DIR: dir });
  await waitFor(
    'readiness',
    async () => ((await statusOf(`${started.url}/readyz`)) === 200 ? true : undefined),
    started,
  );
  return started;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const pdf = (sizeBytes: number): Buffer =>
  Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(sizeBytes)]);

/** Where the document is; undefined when the app did not say that it has it. */
async function upload(bytes: Buffer): Promise<string | undefined> {
  try {
    const answer = await fetch(`${app.url}${account}/documents`, {
      method: 'POST',
      headers: { 'content-type': 'application/pdf' },
      body: new Uint8Array(bytes),
    });
    await answer.arrayBuffer();
    return answer.status === 201 ? (answer.headers.get('location') ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

async function download(path: string): Promise<string> {
  const answer = await fetch(`${app.url}${path}/content`);
  return sha256(Buffer.from(await answer.arrayBuffer()));
}

const keptFiles = (): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('.incoming'))
    .map((entry) => join(entry.parentPath, entry.name));

it('every accepted document is there whole after a sudden death, and no half one is', async () => {
  const accepted = new Map<string, string>();
  const ending = new AbortController();
  const sender = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const bytes = pdf(150_000);
      const path = await upload(bytes);
      if (path === undefined) return;
      accepted.set(path, sha256(bytes));
    }
  };
  const senders = Promise.all(Array.from({ length: 6 }, sender));
  await waitFor('documents', async () => (accepted.size >= 30 ? true : undefined), app);
  await stopApp(app);
  ending.abort();
  await senders;

  app = await startReady();
  for (const [path, hash] of accepted) expect(await download(path)).toBe(hash);
  // Under a hash lies what has this hash, also of uploads that nobody was told of.
  for (const file of keptFiles()) expect(sha256(readFileSync(file))).toBe(basename(file));
  const rows = await postgres.query<{ sha256: string }>('bank', 'SELECT sha256 FROM document');
  const names = new Set(keptFiles().map((file) => basename(file)));
  expect(rows.filter((row) => !names.has(row.sha256))).toEqual([]);
});

it('a document just below the limit goes through', async () => {
  const bytes = pdf(10_485_000);
  const path = (await upload(bytes)) ?? '';
  expect(await download(path)).toBe(sha256(bytes));
});

it('S5: who hangs up in the middle of a download leaves a line of JSON and nothing else', async () => {
  const path = (await upload(pdf(10_485_000))) ?? '';
  const controller = new AbortController();
  const answer = await fetch(`${app.url}${path}/content`, { signal: controller.signal });
  await answer.body?.getReader().read();
  controller.abort();
  await waitFor(
    'the line',
    async () => (app.output().includes('an answer broke off') ? true : undefined),
    app,
  );
  app.signal('SIGTERM');
  const { output } = await app.ended;
  for (const line of output.trim().split('\n'))
    expect(JSON.parse(line)).toMatchObject({ release: 'ledger-dev', reqId: expect.any(String) });
});
