// Documents over HTTP: what is taken, what is refused, what comes back.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openVolume } from '../documents/volume.ts';
import { checkAnswer } from './testing/contract.ts';
import { noFaults, serveApp } from './testing/served-app.ts';
import type { Answer, ServedApp } from './testing/served-app.ts';

let dir = '';
let app: ServedApp;
let ann: string;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'uploads-'));
  app = await serveApp(noFaults, { blobs: await openVolume(dir), maxBytes: 1_000 });
  ann = await app.openAccount({});
});
afterEach(async () => {
  await app.close();
  rmSync(dir, { recursive: true, force: true });
});

const pdf = (text: string): Buffer => Buffer.from(`%PDF-1.7\n${text}`);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes);
const upload = (bytes: Buffer, headers: Record<string, string> = {}): Promise<Answer> =>
  app.send(`/accounts/${ann}/documents`, {
    method: 'POST',
    headers: { 'content-type': 'application/pdf', ...headers },
    body: new Uint8Array(bytes),
  });
const kept = (): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

describe('a document', () => {
  it('is kept and comes back byte by byte, as a download', async () => {
    const bytes = pdf('passport');
    const sent = await upload(bytes, {
      'repr-digest': `sha-256=:${sha256(bytes).digest('base64')}:`,
    });
    expect(sent).toMatchObject({
      status: 201,
      body: {
        account: ann,
        sha256: sha256(bytes).digest('hex'),
        sizeBytes: bytes.length,
        contentType: 'application/pdf',
      },
    });
    const path = sent.headers.get('location') ?? '';
    expect((await app.get(path)).body).toEqual(sent.body);
    const answer = await fetch(app.url(`${path}/content`));
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': String(bytes.length),
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
      'repr-digest': `sha-256=:${sha256(bytes).digest('base64')}:`,
    });
    const described = { method: 'GET', path: `${path}/content`, status: 200, body: undefined };
    expect(
      checkAnswer(app.description, { ...described, contentType: 'application/pdf' }),
    ).toBe('get /documents/{id}/content');
    expect(() =>
      checkAnswer(app.description, { ...described, contentType: 'text/html' }),
    ).toThrow('not described');
  });

  it('sent twice is one document', async () => {
    const first = await upload(pdf('x'));
    const again = await upload(pdf('x'));
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(kept()).toHaveLength(1);
  });

  it.each<[string, Buffer, Record<string, string>, number, string]>([
    ['too large', pdf('x'.repeat(1_000)), {}, 413, 'body-too-large'],
    ['of a type that is not taken', Buffer.from('<html>'), { 'content-type': 'text/html' }, 415, 'document-type-not-allowed'],
    ['not what it says', Buffer.from('<html><script>'), {}, 422, 'document-type-mismatch'],
    ['packed', pdf('x'), { 'content-encoding': 'gzip' }, 415, 'document-type-not-allowed'],
    ['not what its digest says', pdf('x'), { 'repr-digest': `sha-256=:${sha256(pdf('y')).digest('base64')}:` }, 422, 'digest-mismatch'],
    ['with a digest that is none', pdf('x'), { 'repr-digest': 'md5=:abc:' }, 400, 'invalid-request'],
  ])('is refused, and nothing is kept: %s', async (...[, bytes, headers, status, code]) => {
    expect(await upload(bytes, headers)).toMatchObject({
      status,
      body: { type: `urn:slipway:problem:${code}` },
    });
    expect(kept()).toEqual([]);
  });

  it('that never says how long it is ends at the limit', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const outgoing = request(app.url(`/accounts/${ann}/documents`), {
        method: 'POST',
        headers: { 'content-type': 'application/pdf', 'transfer-encoding': 'chunked' },
      });
      outgoing.once('error', reject);
      outgoing.once('response', (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      for (let piece = 0; piece < 50; piece += 1) outgoing.write(pdf('x'.repeat(100)));
      outgoing.end();
    });
    expect(status).toBe(413);
    expect(kept()).toEqual([]);
  });

  it('whose sender hangs up leaves nothing behind', async () => {
    await new Promise<void>((resolve) => {
      const outgoing = request(app.url(`/accounts/${ann}/documents`), {
        method: 'POST',
        headers: { 'content-type': 'application/pdf', 'content-length': '900' },
      });
      outgoing.once('error', () => resolve());
      outgoing.write(pdf('half'), () => setTimeout(() => outgoing.destroy(new Error('gone')), 50));
    });
    for (let look = 0; look < 100 && kept().length > 0; look += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(kept()).toEqual([]);
  });
});

it.each([
  ['/accounts/..%2f..%2fetc/documents', 'account-not-found'],
  ['/documents/..%2f..%2f..%2fetc%2fpasswd/content', 'document-not-found'],
  [`/documents/${'a'.repeat(64)}/content`, 'document-not-found'],
])('no path leads out of the folder: %s', async (path, code) => {
  expect(await app.get(path)).toMatchObject({
    status: 404,
    body: { type: `urn:slipway:problem:${code}` },
  });
});

it('the documents of an account are listed in pages', async () => {
  for (const text of ['a', 'b', 'c']) await upload(pdf(text));
  const first = await app.get(`/accounts/${ann}/documents?limit=2`);
  const rest = await app.get(`/accounts/${ann}/documents?cursor=${String(first.body['next'])}`);
  expect(first.body['documents']).toHaveLength(2);
  expect(rest.body['documents']).toHaveLength(1);
  expect(rest.body['next']).toBeUndefined();
  expect((await app.get(`/accounts/${ann}/documents?cursor=abc`)).status).toBe(400);
  expect((await app.get('/accounts/none/documents')).status).toBe(404);
});

it('a deployment without a place for documents says so', async () => {
  await app.close();
  app = await serveApp();
  ann = await app.openAccount({});
  expect(await upload(pdf('x'))).toMatchObject({
    status: 501,
    body: { type: 'urn:slipway:problem:documents-off' },
  });
});
