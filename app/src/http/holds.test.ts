// Holds over HTTP: money set aside, captured, given back.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { serveApp } from './testing/served-app.ts';
import type { ServedApp } from './testing/served-app.ts';

let app: ServedApp;

beforeEach(async () => {
  app = await serveApp();
});
afterEach(() => app.close());

describe('holds', () => {
  let outside: string;
  let ann: string;
  let shop: string;
  beforeEach(async () => {
    outside = await app.openAccount({ kind: 'external' });
    ann = await app.openAccount({});
    shop = await app.openAccount({});
    await app.post('/transfers', { from: outside, to: ann, amount: 100 }, { 'idempotency-key': 'k0' });
  });
  const hold = (amount: number, key = 'h1', fields: object = {}) =>
    app.post('/holds', { account: ann, amount, ...fields }, { 'idempotency-key': key });
  const fundsOf = async (account: string) => {
    const { balance, available } = (await app.get(`/accounts/${account}`)).body;
    return { balance, available };
  };

  it('set money aside: it is there, and nobody can spend it', async () => {
    const held = await hold(70);
    expect(held).toMatchObject({ status: 201, body: { state: 'open', amount: '70' } });
    expect(await fundsOf(ann)).toEqual({ balance: '100', available: '30' });
    const order = { from: ann, to: shop, amount: 31 };
    expect(await app.post('/transfers', order, { 'idempotency-key': 'k1' })).toMatchObject({
      status: 422,
      body: { type: 'urn:slipway:problem:insufficient-funds' },
    });
    expect((await hold(31, 'h2')).status).toBe(422);
    expect((await app.get(held.headers.get('location') ?? '')).body).toEqual(held.body);
  });

  it('are made once per key', async () => {
    const first = await hold(70);
    const again = await hold(70);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await hold(71)).status).toBe(422);
    expect(await fundsOf(ann)).toEqual({ balance: '100', available: '30' });
  });

  it('are captured once, in part, and the rest is free again', async () => {
    const { body } = await hold(70);
    const path = `/holds/${String(body['id'])}`;
    const part = { to: shop, amount: 50 };
    const captured = await app.post(`${path}/capture`, part, { 'idempotency-key': 'c1' });
    const again = await app.post(`${path}/capture`, part, { 'idempotency-key': 'c1' });
    expect(captured).toMatchObject({ status: 201, body: { from: ann, to: shop, amount: '50' } });
    expect(again).toMatchObject({ status: 201, body: captured.body });
    expect(await fundsOf(ann)).toEqual({ balance: '50', available: '50' });
    expect((await app.get(path)).body).toMatchObject({
      state: 'captured',
      transfer: captured.body['id'],
    });
    const other = await app.post(`${path}/capture`, part, { 'idempotency-key': 'c2' });
    expect(other).toMatchObject({
      status: 409,
      body: { type: 'urn:slipway:problem:hold-not-open' },
    });
    expect((await app.post(`${path}/release`, {})).status).toBe(409);
  });

  it.each([
    ['more than was held', { amount: 71 }, 'capture-too-large'],
    ['to nobody', { to: '3f0c9d5e-3ad6-4b6e-9d6a-1d0c1f1b2a3c' }, 'payee-not-found'],
  ])('are not captured: %s', async (_name, change, code) => {
    const { body } = await hold(70);
    const path = `/holds/${String(body['id'])}/capture`;
    expect(
      await app.post(path, { to: shop, ...change }, { 'idempotency-key': 'c1' }),
    ).toMatchObject({ status: 422, body: { type: `urn:slipway:problem:${code}` } });
    expect(await fundsOf(ann)).toEqual({ balance: '100', available: '30' });
  });

  it('are released once, however often it is asked', async () => {
    const path = `/holds/${String((await hold(70)).body['id'])}`;
    for (let time = 0; time < 2; time += 1)
      expect(await app.post(`${path}/release`, {})).toMatchObject({
        status: 200,
        body: { state: 'released' },
      });
    expect(await fundsOf(ann)).toEqual({ balance: '100', available: '100' });
    expect((await app.post(`${path}/capture`, { to: shop }, { 'idempotency-key': 'c1' })).status).toBe(
      409,
    );
  });

  it('expire, and their money can be spent', async () => {
    const path = `/holds/${String((await hold(70, 'h1', { expiresInSeconds: 60 })).body['id'])}`;
    app.setTime(60_000);
    expect((await app.get(path)).body).toMatchObject({ state: 'expired' });
    expect(await fundsOf(ann)).toEqual({ balance: '100', available: '100' });
    expect(await app.post(`${path}/capture`, { to: shop }, { 'idempotency-key': 'c1' })).toMatchObject({
      status: 409,
      body: { type: 'urn:slipway:problem:hold-expired' },
    });
  });

  it.each([
    ['an id of nobody', 'get', '/holds/3f0c9d5e-3ad6-4b6e-9d6a-1d0c1f1b2a3c'],
    ['an id that is none', 'get', '/holds/none'],
    ['a release of nothing', 'post', '/holds/none/release'],
  ])('answer 404 to %s', async (_name, method, path) => {
    expect((method === 'get' ? await app.get(path) : await app.post(path, {})).status).toBe(404);
  });
});
