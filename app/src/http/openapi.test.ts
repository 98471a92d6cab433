// The description is complete and is what the app answers.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openVolume } from '../documents/volume.ts';
import { checkAnswer, operationsOf } from './testing/contract.ts';
import { noFaults, serveApp } from './testing/served-app.ts';
import type { ServedApp } from './testing/served-app.ts';

let app: ServedApp;
let dir = '';

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'uploads-'));
  app = await serveApp(noFaults, { blobs: await openVolume(dir) });
});
afterEach(async () => {
  await app.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('the description', () => {
  it('is OpenAPI 3.1 of this version and names each route', async () => {
    const { body } = await app.get('/openapi.json');
    expect(body).toMatchObject({ openapi: '3.1.0', info: { version: app.version } });
    expect(body).toEqual(JSON.parse(JSON.stringify(app.description)));
    expect(operationsOf(body)).toContain('post /holds/{id}/capture');
  });

  it('would not hold for another answer', async () => {
    const { body } = await app.get('/openapi.json');
    const answer = { method: 'get', path: '/version', status: 200, contentType: 'application/json' };
    expect(checkAnswer(body, { ...answer, body: { version: app.version } })).toBe('get /version');
    expect(() => checkAnswer(body, { ...answer, body: { version: 1 } })).toThrow('not as described');
    expect(() => checkAnswer(body, { ...answer, body: { version: app.version, more: 1 } })).toThrow(
      'not as described',
    );
    expect(() => checkAnswer(body, { ...answer, status: 418, body: {} })).toThrow('not described');
  });

  it('holds for an answer of each operation', async () => {
    const outside = await app.openAccount({ kind: 'external' });
    const ann = await app.openAccount({});
    const keyed = (path: string, body: object, key: string) =>
      app.post(path, body, { 'idempotency-key': key });
    const paid = await keyed('/transfers', { from: outside, to: ann, amount: 9 }, 'k1');
    const hold = await keyed('/holds', { account: ann, amount: 5 }, 'k2');
    const path = `/holds/${String(hold.body['id'])}`;
    await keyed(`${path}/capture`, { to: outside, amount: 1 }, 'k3');
    await app.post(`${path}/release`, {});
    const document = await app.send(`/accounts/${ann}/documents`, {
      method: 'POST',
      headers: { 'content-type': 'application/pdf' },
      body: '%PDF-1.7 of Ann',
    });
    const documentPath = `/documents/${String(document.body['id'])}`;
    for (const other of [
      documentPath,
      `/accounts/${ann}/documents`,
      path,
      `/accounts/${ann}`,
      `/accounts/${ann}/statement`,
      `/transfers/${String(paid.body['id'])}`,
      '/ledger/summary',
      '/version',
      '/livez',
      '/readyz',
      '/openapi.json',
    ])
      expect((await app.get(other)).status).toBe(200);
    // The one answer that is no JSON is held against the description in documents.test.ts.
    const bytes = 'get /documents/{id}/content';
    expect([...app.answered, bytes].toSorted()).toEqual(operationsOf(app.description).toSorted());
  });
});
