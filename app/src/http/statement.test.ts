// Statements over HTTP: pages in a stable order.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { serveApp } from './testing/served-app.ts';
import type { ServedApp } from './testing/served-app.ts';

let app: ServedApp;

beforeEach(async () => {
  app = await serveApp();
});
afterEach(() => app.close());

describe('statements', () => {
  let outside: string;
  let ann: string;
  beforeEach(async () => {
    outside = await app.openAccount({ kind: 'external' });
    ann = await app.openAccount({});
    for (let amount = 1; amount <= 5; amount += 1) await pay(amount);
  });
  const pay = (amount: number) =>
    app.post('/transfers', { from: outside, to: ann, amount }, { 'idempotency-key': `k${amount}` });
  const page = async (query: string) => {
    const { body } = await app.get(`/accounts/${ann}/statement?${query}`);
    const lines = body['lines'] as { amount: string; counterparty: string }[];
    return { amounts: lines.map((line) => line.amount), next: body['next'] as string | undefined };
  };

  it('show each posting once, newest first, whatever is posted between two pages', async () => {
    const first = await page('limit=2');
    await pay(6);
    const second = await page(`limit=2&cursor=${first.next}`);
    const last = await page(`limit=2&cursor=${second.next}`);
    expect([first.amounts, second.amounts, last.amounts]).toEqual([['5', '4'], ['3', '2'], ['1']]);
    expect(last.next).toBeUndefined();
    expect((await page('limit=100')).amounts).toEqual(['6', '5', '4', '3', '2', '1']);
  });

  it('end without a next page when the last line is the last of a page', async () => {
    expect((await page('limit=5')).next).toBeUndefined();
  });

  it.each([
    ['no lines', 'limit=0', 'limit'],
    ['too many lines', 'limit=101', 'limit'],
    ['half a line', 'limit=1.5', 'limit'],
    ['a cursor that nobody gave out', 'cursor=abc', 'cursor'],
    ['something else', 'order=asc', ''],
  ])('refuse %s', async (_name, query, path) => {
    expect(await app.get(`/accounts/${ann}/statement?${query}`)).toMatchObject({
      status: 400,
      body: { errors: [{ path }] },
    });
  });

  it("refuse another account's cursor", async () => {
    const { next } = await page('limit=2');
    expect((await app.get(`/accounts/${outside}/statement?cursor=${next}`)).status).toBe(400);
  });

  it('are empty for a new account and 404 for none', async () => {
    const ben = await app.openAccount({});
    expect((await app.get(`/accounts/${ben}/statement`)).body).toEqual({ lines: [] });
    expect((await app.get('/accounts/none/statement')).status).toBe(404);
    const nobody = '3f0c9d5e-3ad6-4b6e-9d6a-1d0c1f1b2a3c';
    expect((await app.get(`/accounts/${nobody}/statement`)).status).toBe(404);
  });
});
