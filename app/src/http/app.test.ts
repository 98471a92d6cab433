// The HTTP surface over a ledger in memory: what clients, probes and scrapers see.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { FaultConfig } from '../config.ts';
import { RetriesExhausted } from '../store/retry.ts';
import { noFaults, serveApp } from './testing/served-app.ts';
import type { ServedApp } from './testing/served-app.ts';

let app: ServedApp;

beforeEach(async () => {
  app = await serveApp();
});
afterEach(() => app.close());

/* The one that each test begins with would listen for ever. */
async function restart(faults: FaultConfig): Promise<void> {
  await app.close();
  app = await serveApp(faults);
}

describe('accounts', () => {
  it('are opened empty and found again', async () => {
    const opened = await app.post('/accounts', { name: 'Ann', currency: 'CHF' });
    expect(opened.status).toBe(201);
    expect(opened.body).toMatchObject({
      name: 'Ann',
      kind: 'customer',
      currency: 'CHF',
      balance: '0',
    });
    const found = await app.get(opened.headers.get('location') ?? '');
    expect(found).toMatchObject({ status: 200, body: opened.body });
  });

  it.each([
    ['an id of nobody', '/accounts/3f0c9d5e-3ad6-4b6e-9d6a-1d0c1f1b2a3c'],
    ['an id that is none', '/accounts/1%20OR%201=1'],
  ])('answer 404 to %s', async (_name, path) => {
    expect(await app.get(path)).toMatchObject({
      status: 404,
      body: { type: 'urn:slipway:problem:account-not-found' },
    });
  });

  it('name each wrong field', async () => {
    const refused = await app.post('/accounts', { name: '', currency: 'euro', admin: true });
    expect(refused.status).toBe(400);
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const errors = refused.body['errors'] as { path: string }[];
    expect(errors.map((error) => error.path).toSorted()).toEqual(['', 'currency', 'name']);
  });
});

describe('transfers', () => {
  let outside: string;
  let ann: string;
  beforeEach(async () => {
    outside = await app.openAccount({ kind: 'external' });
    ann = await app.openAccount({});
  });

  it('move money once per key', async () => {
    const order = { from: outside, to: ann, amount: 1250 };
    const first = await app.post('/transfers', order, { 'idempotency-key': 'k1' });
    const second = await app.post(
      '/transfers',
      { ...order, amount: '1250' },
      { 'idempotency-key': 'k1' },
    );
    expect(first.status).toBe(201);
    expect(first.headers.has('idempotent-replayed')).toBe(false);
    expect(second).toMatchObject({ status: 201, body: first.body });
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect((await app.get(`/accounts/${ann}`)).body['balance']).toBe('1250');
    expect((await app.get(`/transfers/${String(first.body['id'])}`)).body).toEqual(first.body);
  });

  it('refuse a key that was used for something else', async () => {
    await app.post('/transfers', { from: outside, to: ann, amount: 1 }, { 'idempotency-key': 'k1' });
    const other = await app.post(
      '/transfers',
      { from: outside, to: ann, amount: 2 },
      { 'idempotency-key': 'k1' },
    );
    expect(other).toMatchObject({
      status: 422,
      body: { type: 'urn:slipway:problem:idempotency-key-reused' },
    });
  });

  it('answer 409 while the same key is being worked on', async () => {
    app.store.inFlight.add('k1');
    const refused = await app.post(
      '/transfers',
      { from: outside, to: ann, amount: 1 },
      { 'idempotency-key': 'k1' },
    );
    expect(refused.status).toBe(409);
    expect(refused.headers.get('retry-after')).toBe('1');
  });

  it('give a refusal again for the same key, though the money would be there now', async () => {
    const order = { from: ann, to: outside, amount: 10 };
    const refused = await app.post('/transfers', order, { 'idempotency-key': 'k1' });
    await app.post('/transfers', { from: outside, to: ann, amount: 100 }, { 'idempotency-key': 'k2' });
    const again = await app.post('/transfers', order, { 'idempotency-key': 'k1' });
    expect(refused).toMatchObject({
      status: 422,
      body: { type: 'urn:slipway:problem:insufficient-funds' },
    });
    expect(again).toMatchObject({
      status: 422,
      body: { type: 'urn:slipway:problem:insufficient-funds' },
    });
  });

  it('need a key, and a decent one', async () => {
    const order = { from: outside, to: ann, amount: 1 };
    expect(await app.post('/transfers', order)).toMatchObject({
      status: 400,
      body: { type: 'urn:slipway:problem:idempotency-key-missing' },
    });
    expect((await app.post('/transfers', order, { 'idempotency-key': 'x'.repeat(129) })).status).toBe(
      400,
    );
  });

  it.each([
    ['no money', { amount: 0 }],
    ['a fraction', { amount: '1.5' }],
    ['an amount that a double cannot hold', { amount: 2 ** 60 }],
    ['no accounts', { from: 'me' }],
  ])('refuse %s', async (_name, change) => {
    const refused = await app.post(
      '/transfers',
      { from: outside, to: ann, amount: 1, ...change },
      { 'idempotency-key': 'k1' },
    );
    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ path: Object.keys(change)[0] }] },
    });
  });

  it('refuse to pay an account from itself', async () => {
    expect(
      (await app.post('/transfers', { from: ann, to: ann, amount: 1 }, { 'idempotency-key': 'k1' }))
        .status,
    ).toBe(400);
  });
});

describe('the ledger', () => {
  it('adds up', async () => {
    const outside = await app.openAccount({ kind: 'external' });
    const ann = await app.openAccount({});
    await app.post('/transfers', { from: outside, to: ann, amount: 500 }, { 'idempotency-key': 'k1' });
    const { body } = await app.get('/ledger/summary');
    expect(body).toMatchObject({
      balanced: true,
      accounts: 2,
      transfers: 1,
      postings: 2,
      sumOfPostings: '0',
      currencies: [{ customerFunds: '500' }],
    });
  });
});

describe('bodies that cannot be read', () => {
  it.each([
    {
      name: 'no JSON',
      body: '{"from":',
      type: 'application/json',
      status: 400,
      code: 'malformed-json',
    },
    {
      name: 'another type',
      body: 'from=1',
      type: 'text/plain',
      status: 415,
      code: 'unsupported-media-type',
    },
    {
      name: 'too much',
      body: JSON.stringify({ name: 'x'.repeat(20_000) }),
      type: 'application/json',
      status: 413,
      code: 'body-too-large',
    },
  ])('answer a problem to $name', async ({ body, type, status, code }) => {
    expect(await app.post('/accounts', body, { 'content-type': type })).toMatchObject({
      status,
      body: { type: `urn:slipway:problem:${code}`, status },
    });
  });
});

describe('failures', () => {
  it('of the database are 503 and worth a retry', async () => {
    app.store.failure = new RetriesExhausted('lost', new Error('gone'));
    const answer = await app.get('/accounts/3f0c9d5e-3ad6-4b6e-9d6a-1d0c1f1b2a3c');
    expect(answer).toMatchObject({
      status: 503,
      body: { type: 'urn:slipway:problem:database-unavailable' },
    });
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  it('of our own keep their reason out of the answer and in the log, under the request id', async () => {
    app.store.failure = new Error('password is s3cret-reason');
    const answer = await app.get('/accounts/3f0c9d5e-3ad6-4b6e-9d6a-1d0c1f1b2a3c', {
      'x-request-id': 'req-7',
    });
    expect(answer).toMatchObject({ status: 500, body: { instance: 'urn:request:req-7' } });
    expect(JSON.stringify(answer.body)).not.toContain('s3cret-reason');
    expect(app.lines.find((line) => line.includes('s3cret-reason'))).toContain('"reqId":"req-7"');
  });

  it('are injected without touching probes', async () => {
    await restart({ ...noFaults, errorShare: 1 });
    expect(await app.get('/version')).toMatchObject({
      status: 500,
      body: { type: 'urn:slipway:problem:injected-fault' },
    });
    expect((await app.get('/livez')).status).toBe(200);
    expect((await app.get('/readyz')).status).toBe(200);
  });

  it('break connections off without an answer, and nothing is done for them', async () => {
    await restart({ ...noFaults, resetShare: 1 });
    await expect(app.get('/version')).rejects.toThrow('fetch failed');
    expect((await app.get('/readyz')).status).toBe(200);
    expect(await app.metrics.render()).not.toMatch(/http_requests_total\{[^}]*code="5/);
  });
});

describe('paths', () => {
  it.each([
    ['/VERSION', 200],
    ['/version/', 200],
    ['/version?x=1', 200],
    ['/versions', 404],
    ['/', 404],
    ['//version', 404],
    ['/accounts', 404],
  ])('lead where Express would have them lead: %s', async (path, status) => {
    expect((await fetch(app.url(path))).status).toBe(status);
  });

  it('answer HEAD like GET, without the body', async () => {
    const answer = await fetch(app.url('/version'), { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe('19');
    expect(await answer.text()).toBe('');
  });
});

describe('every answer', () => {
  it.each(['/version', '/livez', '/readyz', '/nowhere', '/accounts/none'])(
    'carries the version and a request id: %s',
    async (path) => {
      const { headers } = await app.get(path);
      expect(headers.get('x-app-version')).toBe(app.version);
      expect(headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
    },
  );

  it('keeps a decent request id and replaces one that could forge log lines', async () => {
    expect((await app.get('/version', { 'x-request-id': 'abc-1' })).headers.get('x-request-id')).toBe(
      'abc-1',
    );
    expect(
      (await app.get('/version', { 'x-request-id': 'a"} {"b' })).headers.get('x-request-id'),
    ).toMatch(/^[\w-]{36}$/);
  });

  it('asks clients to leave while draining', async () => {
    expect((await app.get('/version')).headers.get('connection')).toBe('keep-alive');
    app.drain.abort();
    expect((await app.get('/version')).headers.get('connection')).toBe('close');
  });
});

describe('probes', () => {
  it('tell readiness from liveness', async () => {
    app.store.schema = { kind: 'unreachable', error: new Error('down') };
    expect((await app.get('/livez')).status).toBe(200);
    expect(await app.get('/readyz')).toMatchObject({
      status: 503,
      body: { reason: 'the database does not answer' },
    });
  });
});

describe('metrics', () => {
  it('count by route template and carry the version on each series', async () => {
    await app.get('/accounts/none');
    await app.get('/accounts/none-either');
    await app.get('/nowhere/at/all');
    await app.post('/accounts', 'no json');
    const text = await app.metrics.render();
    expect(text).toContain(
      `http_requests_total{method="GET",route="/accounts/:id",code="404",version="${app.version}"} 2`,
    );
    expect(text).toContain(
      `http_requests_total{method="GET",route="unmatched",code="404",version="${app.version}"} 1`,
    );
    expect(text).toContain(
      `http_requests_total{method="POST",route="/accounts",code="400",version="${app.version}"} 1`,
    );
    expect(text).toContain(
      `http_request_duration_seconds_count{version="${app.version}",method="GET",route="/accounts/:id",code="404"} 2`,
    );
    const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(
      series
        .filter((line) => !line.includes(`version="${app.version}"`))
        .filter((line) => !line.startsWith('nodejs_version_info')),
    ).toEqual([]);
  });
});
