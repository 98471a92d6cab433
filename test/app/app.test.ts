// The app as a process: how it starts, refuses to start, drains, misbehaves on request, and what is
// left of the money when it dies.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { runLoad } from '../load/load.ts';
import { seedLedger } from '../load/seed.ts';
import { migrate } from './migrations.ts';
import { startPostgres } from './postgres.ts';
import type { PrivatePostgres } from './postgres.ts';
import {
  entries,
  runProgram,
  startApp,
  statusOf,
  stopApp,
  stopPrograms,
  waitFor,
} from './programs.ts';
import type { RunningApp } from './programs.ts';

let postgres: PrivatePostgres;
let database = '';
let count = 0;
let app: RunningApp | undefined;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  database = `app_${(count += 1)}`;
  await postgres.createDatabase(database);
});
afterEach(async () => {
  await stopPrograms();
  app = undefined;
});

async function startReady(env: Record<string, string> = {}): Promise<RunningApp> {
  await migrate(postgres.url(database));
  app = await startApp({ ...postgres.env(database), ...env });
  await waitForReadiness(app, 200);
  return app;
}

const waitForReadiness = (of: RunningApp, status: number) =>
  waitFor(
    `readiness ${status}`,
    async () => ((await statusOf(`${of.url}/readyz`)) === status ? true : undefined),
    of,
  );

describe('starting', () => {
  it.each([
    ['FAULT_ERROR_SHARE', '0.2'],
    ['FAULT_NEVER_READY', 'true'],
  ])('is refused with %s in production, with the remedy', async (name, value) => {
    const ended = await runProgram(entries.app, {
      env: { ...postgres.env(database), APP_ENV: 'production', [name]: value },
    });
    expect(ended).toMatchObject({
      code: 2,
      output: expect.stringMatching(
        new RegExp(`${name}: refused with APP_ENV=production.*Remove ${name}`),
      ),
    });
  });

  it('is refused without a database to go to', async () => {
    const ended = await runProgram(entries.app, { env: {} });
    expect(ended).toMatchObject({
      code: 2,
      output: expect.stringContaining('DATABASE_URL: missing'),
    });
  });

  it('asks for tokens and counts requests when it is told to', async () => {
    const token = 'reader-token-0123456789';
    const dir = mkdtempSync(join(tmpdir(), 'tokens-'));
    const file = join(dir, 'tokens.json');
    const sha256 = createHash('sha256').update(token).digest('hex');
    const known = [{ name: 'reader', sha256, scopes: ['ledger:read'] }];
    writeFileSync(file, JSON.stringify({ tokens: known }));
    const running = await startReady({ AUTH_TOKENS_FILE: file, RATE_LIMIT: '3' });
    rmSync(dir, { recursive: true });
    const ask = async (headers: Record<string, string>): Promise<number> => {
      const answer = await fetch(`${running.url}/ledger/summary`, { headers });
      await answer.arrayBuffer();
      return answer.status;
    };
    expect(await ask({})).toBe(401);
    const statuses: number[] = [];
    for (let time = 0; time < 4; time += 1)
      statuses.push(await ask({ authorization: `Bearer ${token}` }));
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect(await statusOf(`${running.url}/readyz`)).toBe(200);
  });

  it('is refused with a file of tokens that cannot be read, with the remedy', async () => {
    const ended = await runProgram(entries.app, {
      env: { ...postgres.env(database), AUTH_TOKENS_FILE: '/nowhere/tokens.json', PORT: '0' },
    });
    expect(ended).toMatchObject({
      code: 2,
      output: expect.stringMatching(/AUTH_TOKENS_FILE: .* cannot be read. Mount the Secret/),
    });
  });

  it('becomes ready by itself once the migration Job has run', async () => {
    app = await startApp(postgres.env(database));
    const before = await fetch(`${app.url}/readyz`);
    expect(before.status).toBe(503);
    expect(await before.json()).toMatchObject({
      reason: expect.stringContaining('Run the migration Job'),
    });
    await migrate(postgres.url(database));
    await waitForReadiness(app, 200);
    expect(await statusOf(`${app.url}/livez`)).toBe(200);
  });

  it('T5: without its database it is alive and only unready', async () => {
    app = await startApp({ ...postgres.env(database), PGPORT: '1' });
    expect(await statusOf(`${app.url}/livez`)).toBe(200);
    expect(await statusOf(`${app.url}/readyz`)).toBe(503);
    expect(await statusOf(`${app.url}/ledger/summary`)).toBe(503);
  });

  it('T5: once its event loop stands still, the liveness probe fails', async () => {
    app = await startApp({ ...postgres.env(database), FAULT_HANG_AFTER_MS: '2000' });
    expect(await statusOf(`${app.url}/livez`)).toBe(200);
    const hanging = app;
    await waitFor(
      'the loop to stand still',
      async () => (hanging.output().includes('told to hang') ? true : undefined),
      app,
    );
    // As the kubelet asks: within a second.
    const probe = fetch(`${app.url}/livez`, { signal: AbortSignal.timeout(1_000) });
    await expect(probe).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('stopping', () => {
  it('turns readiness off, goes on serving, and ends well: no request fails', async () => {
    const running = await startReady({ DRAIN_MS: '6000' });
    const ledger = await seedLedger({ target: running.url }, { accounts: 10, fundsEach: 10_000 });
    const load = runLoad({ target: running.url, ratePerSecond: 100, maxInFlight: 50, ledger });
    await waitFor(
      'some load',
      async () => (load.snapshot().requests > 20 ? true : undefined),
      running,
    );
    running.signal('SIGTERM');
    await waitForReadiness(running, 503);
    const atDrain = load.snapshot().requests;
    await waitFor(
      'requests served while draining',
      async () => (load.snapshot().requests > atDrain + 20 ? true : undefined),
      running,
    );
    // Here the cluster has taken the pod out of its endpoints.
    const figures = await load.stop();
    await expect(running.ended).resolves.toMatchObject({
      code: 0,
      output: expect.stringContaining('"msg":"stopped"'),
    });
    expect(figures).toMatchObject({ failed: 0, shed: 0, errorCodes: {} });
  });

  it('T2: a request of 5 s that is under way is answered 200 while draining', async () => {
    // The limit is longer than this test may take: a kept-alive connection must not hold us up.
    const running = await startReady({
      DRAIN_MS: '1000',
      FAULT_LATENCY_MS: '5000',
      CLOSE_TIMEOUT_MS: '300000',
    });
    const answer = fetch(`${running.url}/version`);
    const arrived = /^http_requests_in_flight\{[^}]*\} 1$/m;
    await waitFor(
      'the request to arrive',
      async () => (arrived.test(await (await fetch(running.metricsUrl)).text()) ? true : undefined),
      running,
    );
    running.signal('SIGTERM');
    await waitForReadiness(running, 503);
    const { status, headers } = await answer;
    expect({ status, connection: headers.get('connection') }).toEqual({
      status: 200,
      connection: 'close',
    });
    await expect(running.ended).resolves.toMatchObject({ code: 0 });
  });
});

describe('misbehaviour on request', () => {
  it.each(['before', 'after'])(
    'answers its share with 5xx (%s the work) and loses no money',
    async (stage) => {
      const running = await startReady({
        FAULT_ERROR_SHARE: '0.2',
        FAULT_ERROR_STAGE: stage,
        SLIPWAY_APP_VERSION: '6.6.6',
      });
      const ledger = await seedLedger({ target: running.url }, { accounts: 8, fundsEach: 10_000 });
      const load = runLoad({ target: running.url, ratePerSecond: 300, maxInFlight: 50, ledger });
      await waitFor(
        '600 requests',
        async () => (load.snapshot().requests >= 600 ? true : undefined),
        running,
      );
      const figures = await load.stop();
      const audit = await load.audit();
      expect(audit).toMatchObject({
        kind: 'clean',
        findings: [],
        fundsBefore: 80_000n,
        fundsAfter: 80_000n,
        ledgerBalanced: true,
      });
      expect(audit.acceptedTransfers).toBeGreaterThan(100);
      // 0.2 of 600: five standard deviations to either side.
      expect(figures.serverErrors / figures.requests).toBeGreaterThan(0.12);
      expect(figures.serverErrors / figures.requests).toBeLessThan(0.28);
      expect(figures.versions['6.6.6']).toMatchObject({
        requests: figures.requests,
        serverErrors: figures.serverErrors,
      });
      const scraped = await (await fetch(running.metricsUrl)).text();
      expect(scraped).toMatch(
        /^http_requests_total\{method="POST",route="\/transfers",code="500",version="6\.6\.6"\} \d+$/m,
      );
    },
  );

  it('never gets ready', async () => {
    await migrate(postgres.url(database));
    app = await startApp({ ...postgres.env(database), FAULT_NEVER_READY: 'true' });
    expect(await statusOf(`${app.url}/readyz`)).toBe(503);
    expect(await statusOf(`${app.url}/version`)).toBe(200);
  });

  it('crashes', async () => {
    app = await startApp({ ...postgres.env(database), FAULT_CRASH_AFTER_MS: '50' });
    await expect(app.ended).resolves.toMatchObject({
      code: 1,
      output: expect.stringContaining('FAULT_CRASH_AFTER_MS'),
    });
  });
});

describe('sudden death', () => {
  it('loses nothing that was accepted and makes nothing twice', async () => {
    const first = await startReady();
    const port = new URL(first.url).port;
    const ledger = await seedLedger({ target: first.url }, { accounts: 10, fundsEach: 10_000 });
    const load = runLoad({
      target: first.url,
      ratePerSecond: 200,
      maxInFlight: 100,
      ledger,
      holdShare: 0.3,
      maxAttempts: 3,
    });
    await waitFor(
      'load',
      async () => (load.snapshot().acceptedTransfers > 50 ? true : undefined),
      first,
    );
    await stopApp(first);
    app = await startApp({ ...postgres.env(database), PORT: port });
    const revived = app;
    const soFar = load.snapshot().acceptedTransfers;
    await waitFor(
      'transfers after the restart',
      async () => (load.snapshot().acceptedTransfers > soFar + 50 ? true : undefined),
      revived,
    );
    const figures = await load.stop();
    expect(figures.connectionErrors).toBeGreaterThan(0);
    const audit = await load.audit();
    expect(audit).toMatchObject({
      kind: 'clean',
      findings: [],
      fundsAfter: 100_000n,
      ledgerBalanced: true,
    });
    expect(audit.holds).toBeGreaterThan(10);
  });
});

describe('logs', () => {
  it('S5: tell release, version, reqId and traceId on each line, and no planted secret', async () => {
    const running = await startReady({
      LOG_LEVEL: 'debug',
      SLIPWAY_APP_VERSION: '1.2.3',
      SLIPWAY_RELEASE: 'ledger-6f9c',
    });
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const answer = await fetch(`${running.url}/accounts/none?token=planted`, {
      headers: {
        traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
        'x-request-id': 'req-1',
        authorization: 'Bearer planted',
        cookie: 'session=planted',
        'idempotency-key': 'planted',
      },
    });
    expect(answer.headers.get('x-request-id')).toBe('req-1');
    expect(answer.headers.get('traceparent')).toMatch(
      new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`),
    );
    running.signal('SIGTERM');
    const { output } = await running.ended;
    const lines = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const untagged = lines.filter(
      (line) =>
        line['release'] !== 'ledger-6f9c' ||
        line['version'] !== '1.2.3' ||
        typeof line['reqId'] !== 'string' ||
        !/^[0-9a-f]{32}$/.test(String(line['traceId'])),
    );
    expect(untagged).toEqual([]);
    expect(lines).toContainEqual(
      expect.objectContaining({ route: '/accounts/:id', code: '404', reqId: 'req-1', traceId }),
    );
    expect(output).not.toContain(postgres.password);
    expect(output).not.toContain('planted');
  });
});
