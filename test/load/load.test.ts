// The load and its audit against the real ledger: what they see, and that the audit finds what is wrong.
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { migrate } from '../app/migrations.ts';
import { startPostgres } from '../app/postgres.ts';
import type { PrivatePostgres } from '../app/postgres.ts';
import { startApp, statusOf, stopPrograms, waitFor } from '../app/programs.ts';
import type { RunningApp } from '../app/programs.ts';
import { runLoad } from './load.ts';
import type { LoadRun } from './load.ts';
import { seedLedger } from './seed.ts';
import type { SeededLedger } from './seed.ts';

describe('against the ledger', () => {
  let postgres: PrivatePostgres;
  let app: RunningApp;
  let ledger: SeededLedger;
  let database = '';
  let count = 0;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());
  beforeEach(async () => {
    database = `load_${(count += 1)}`;
    await postgres.createDatabase(database);
    await migrate(postgres.url(database));
    app = await startApp({ ...postgres.env(database), SLIPWAY_APP_VERSION: '1.0.0' });
    await waitFor(
      'readiness',
      async () => ((await statusOf(`${app.url}/readyz`)) === 200 ? true : undefined),
      app,
    );
    ledger = await seedLedger({ target: app.url }, { accounts: 5, fundsEach: 1_000 });
  });
  afterEach(stopPrograms);

  async function runUntil(transfers: number): Promise<LoadRun> {
    const load = runLoad({ target: app.url, ratePerSecond: 200, maxInFlight: 50, ledger });
    await waitFor(
      `${transfers} transfers`,
      async () => (load.snapshot().acceptedTransfers >= transfers ? true : undefined),
      app,
    );
    await load.stop();
    return load;
  }

  it('gives a sound ledger a clean audit', async () => {
    const load = await runUntil(50);
    expect(load.snapshot()).toMatchObject({
      failed: 0,
      unresolvedTransfers: 0,
      inFlight: 0,
      versions: { '1.0.0': { serverErrors: 0 } },
    });
    const audit = await load.audit();
    expect(audit).toMatchObject({
      kind: 'clean',
      findings: [],
      settledLate: 0,
      fundsBefore: 5_000n,
      fundsAfter: 5_000n,
      ledgerBalanced: true,
    });
    expect(audit.acceptedTransfers).toBe(load.snapshot().acceptedTransfers);
  });

  it('gives a ledger with holds a clean audit, and finds one that was tampered with', async () => {
    const load = runLoad({
      target: app.url,
      ratePerSecond: 150,
      maxInFlight: 50,
      ledger,
      transferShare: 0.2,
      holdShare: 0.6,
    });
    await waitFor(
      'holds',
      async () => (load.snapshot().operations >= 250 ? true : undefined),
      app,
    );
    expect(await load.stop()).toMatchObject({ failed: 0, unresolvedTransfers: 0 });
    const audit = await load.audit();
    expect(audit).toMatchObject({ kind: 'clean', findings: [], fundsAfter: 5_000n });
    expect(audit.holds).toBeGreaterThan(20);
    await postgres.query(
      database,
      `WITH one AS (SELECT * FROM hold WHERE state = 'open' LIMIT 1),
            freed AS (UPDATE hold h SET state = 'released' FROM one WHERE h.id = one.id)
       UPDATE account a SET held = held - one.amount FROM one WHERE a.id = one.account_id`,
    );
    const again = await load.audit();
    expect(again.findings.join('\n')).toMatch(/is released, it was left open/);
  });

  it.each([
    [
      'a balance that was changed',
      `UPDATE account SET balance = balance + 1 WHERE kind = 'customer'`,
      /holds .*its accepted transfers give/,
    ],
    [
      'a transfer made twice',
      `WITH last AS (SELECT * FROM transfer ORDER BY created_at DESC LIMIT 1),
            again AS (INSERT INTO transfer
              SELECT gen_random_uuid(), from_account_id, to_account_id, amount, currency, reference FROM last)
       UPDATE account a
          SET balance = balance + CASE WHEN a.id = last.to_account_id THEN last.amount ELSE -last.amount END
         FROM last WHERE a.id IN (last.from_account_id, last.to_account_id)`,
      /its accepted transfers give/,
    ],
    [
      'an accepted transfer that got lost',
      `SET session_replication_role = replica; DELETE FROM transfer WHERE from_account_id <> (SELECT id FROM account WHERE kind = 'external')`,
      /was accepted and is not in the ledger/,
    ],
  ])('finds %s', async (_name, sql, want) => {
    const load = await runUntil(20);
    await postgres.query(database, sql);
    const audit = await load.audit();
    expect(audit.kind).toBe('wrong');
    expect(audit.findings.join('\n')).toMatch(want);
    expect(audit.findings.length).toBeLessThanOrEqual(20);
  });
});

describe('against servers that behave badly', () => {
  let server: Server | undefined;
  const ledger: SeededLedger = { accounts: ['a', 'b'], fundsEach: 100 };
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function serve(listener: RequestListener): Promise<string> {
    const started = createServer(listener);
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
  }

  const until = (load: LoadRun, reached: (load: LoadRun) => boolean) =>
    waitFor('the load', async () => (reached(load) ? true : undefined));

  it('goes on asking at its rate, sheds what is too much, and counts timeouts', async () => {
    const target = await serve(() => undefined);
    const load = runLoad({
      target,
      ratePerSecond: 500,
      maxInFlight: 5,
      ledger,
      requestTimeoutMs: 100,
      maxAttempts: 1,
    });
    await until(load, () => load.snapshot().timeouts >= 10 && load.snapshot().shed >= 10);
    expect(load.snapshot().inFlight).toBeLessThanOrEqual(5);
    const figures = await load.stop();
    expect(figures).toMatchObject({
      inFlight: 0,
      timeouts: figures.requests,
      failed: figures.requests,
    });
    expect(figures.operations).toBe(figures.requests);
  });

  it('counts connections that break and those that nobody takes', async () => {
    const target = await serve((request) => request.socket.destroy());
    const load = runLoad({ target, ratePerSecond: 200, maxInFlight: 20, ledger, maxAttempts: 1 });
    await until(load, () => load.snapshot().connectionErrors >= 5);
    expect(await load.stop()).toMatchObject({ errorCodes: { ECONNRESET: expect.any(Number) } });
    server?.close();
    const refused = runLoad({
      target: 'http://127.0.0.1:1',
      ratePerSecond: 200,
      maxInFlight: 20,
      ledger,
      maxAttempts: 1,
    });
    await until(refused, () => refused.snapshot().connectionErrors >= 5);
    expect(await refused.stop()).toMatchObject({
      errorCodes: { ECONNREFUSED: expect.any(Number) },
    });
  });

  it('sends the host name it is given to the address it is given, and repeats a transfer under one key', async () => {
    const hosts = new Set<string | undefined>();
    const keys = new Map<string, number>();
    const target = await serve((request, response) => {
      hosts.add(request.headers.host);
      const key = request.headers['idempotency-key'];
      if (typeof key === 'string') keys.set(key, (keys.get(key) ?? 0) + 1);
      request.resume();
      response.writeHead(503, { 'x-app-version': '2.0.0' }).end();
    });
    const load = runLoad({
      target,
      hostHeader: 'ledger.example',
      ratePerSecond: 200,
      maxInFlight: 50,
      ledger,
      transferShare: 1,
      maxAttempts: 3,
    });
    await until(load, () => load.snapshot().unresolvedTransfers >= 5);
    const figures = await load.stop();
    expect([...hosts]).toEqual(['ledger.example']);
    expect(new Set(keys.values())).toEqual(new Set([3]));
    expect(figures.versions['2.0.0']).toMatchObject({
      requests: figures.requests,
      serverErrors: figures.requests,
    });
    expect(figures.unresolvedTransfers).toBe(keys.size);
  });

  it('stops when its signal says so', async () => {
    const target = await serve((_request, response) => void response.end('{}'));
    const controller = new AbortController();
    const load = runLoad({
      target,
      ratePerSecond: 200,
      maxInFlight: 50,
      ledger,
      signal: controller.signal,
      transferShare: 0,
    });
    await until(load, () => load.snapshot().requests >= 5);
    controller.abort();
    const { operations } = await load.stop();
    expect(load.snapshot().operations).toBe(operations);
  });
});
