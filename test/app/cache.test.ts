// The app with a real Redis in front of its database: faster with it, whole without it.
import { randomUUID } from 'node:crypto';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { createRateLimiter } from '../../app/src/access/rate-limit.ts';
import { createAccountCache } from '../../app/src/cache/account-cache.ts';
import { openRedis } from '../../app/src/cache/redis-link.ts';
import type { RedisLink } from '../../app/src/cache/redis-link.ts';
import type { Account } from '../../app/src/domain/account.ts';
import { runLoad } from '../load/load.ts';
import { seedLedger } from '../load/seed.ts';
import { migrate } from './migrations.ts';
import { startPostgres } from './postgres.ts';
import type { PrivatePostgres } from './postgres.ts';
import { startApp, statusOf, stopApp, stopPrograms, waitFor } from './programs.ts';
import type { RunningApp } from './programs.ts';
import { startRedis } from './redis.ts';
import type { PrivateRedis } from './redis.ts';

let redis: PrivateRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe('the account cache', () => {
  const links: RedisLink[] = [];
  const database = new Map<string, Account>();
  let loads = 0;
  let results: string[] = [];
  beforeEach(() => {
    database.clear();
    loads = 0;
    results = [];
  });
  afterEach(async () => {
    for (const link of links.splice(0)) await link.close();
  });

  const account = (balance: bigint, id: string = randomUUID()): Account => ({
    id,
    name: 'Ann',
    kind: 'customer',
    currency: 'EUR',
    balance,
    available: balance,
    createdAt: new Date('2026-11-28T08:00:00.000Z'),
  });
  const load = (id: string) => async (): Promise<Account | undefined> => {
    loads += 1;
    return database.get(id);
  };
  async function openCache(release: string, ttlMs = 60_000) {
    const link = openRedis({
      url: redis.url,
      timeoutMs: 2_000,
      restMs: 10,
      onChange: () => undefined,
    });
    links.push(link);
    await waitFor('redis', () => link.ask((client) => client.ping()));
    const onRead = (result: string): void => void results.push(result);
    return createAccountCache({ redis: link, release, ttlMs, negativeTtlMs: 100, onRead });
  }
  /** The value is stored in the background. */
  async function readUntilHit(
    cache: Awaited<ReturnType<typeof openCache>>,
    id: string,
  ): Promise<Account | undefined> {
    return waitFor('a hit', async () => {
      const found = await cache.read(id, load(id));
      return results.at(-1) === 'hit' ? found : undefined;
    });
  }

  it('gives back what was stored, and a change is seen at once', async () => {
    const cache = await openCache('1');
    const ann = account(100n);
    database.set(ann.id, ann);
    expect(await cache.read(ann.id, load(ann.id))).toEqual(ann);
    expect(await readUntilHit(cache, ann.id)).toEqual(ann);
    database.set(ann.id, account(70n, ann.id));
    await cache.forget([ann.id]);
    expect((await cache.read(ann.id, load(ann.id)))?.balance).toBe(70n);
  });

  it('never believes what was read before a change and stored after it', async () => {
    const cache = await openCache('1');
    const ann = account(100n);
    database.set(ann.id, ann);
    const slow = cache.read(ann.id, async () => {
      const old = database.get(ann.id);
      database.set(ann.id, account(70n, ann.id));
      await cache.forget([ann.id]);
      return old;
    });
    expect((await slow)?.balance).toBe(100n);
    expect((await cache.read(ann.id, load(ann.id)))?.balance).toBe(70n);
    expect((await readUntilHit(cache, ann.id))?.balance).toBe(70n);
  });

  it('keeps two releases apart, and a change through one is seen through the other', async () => {
    const [one, two] = [await openCache('1'), await openCache('2')];
    const ann = account(100n);
    database.set(ann.id, ann);
    await one.read(ann.id, load(ann.id));
    await readUntilHit(one, ann.id);
    const before = loads;
    await two.read(ann.id, load(ann.id));
    expect({ loads: loads - before, last: results.at(-1) }).toEqual({ loads: 1, last: 'miss' });
    await readUntilHit(two, ann.id);
    database.set(ann.id, account(70n, ann.id));
    await one.forget([ann.id]);
    expect((await two.read(ann.id, load(ann.id)))?.balance).toBe(70n);
  });

  it('asks the database once for many who ask at once', async () => {
    const cache = await openCache('1');
    const ann = account(100n);
    database.set(ann.id, ann);
    await Promise.all(Array.from({ length: 50 }, () => cache.read(ann.id, load(ann.id))));
    expect(loads).toBe(1);
  });

  it('remembers for a moment that there is no such account', async () => {
    const cache = await openCache('1');
    const nobody = randomUUID();
    await cache.read(nobody, load(nobody));
    await waitFor('a negative answer', async () => {
      expect(await cache.read(nobody, load(nobody))).toBeUndefined();
      return results.at(-1) === 'negative' ? true : undefined;
    });
    database.set(nobody, account(1n, nobody));
    await cache.forget([nobody]);
    expect((await cache.read(nobody, load(nobody)))?.balance).toBe(1n);
  });

  it('takes what somebody else has written for a miss', async () => {
    const cache = await openCache('1');
    const ann = account(100n);
    database.set(ann.id, ann);
    const garbage = ['no json', '{"generation":"0","account":{"id":1}}', '[]'];
    for (const text of garbage) {
      await links[0]?.ask((client) => client.set(`ledger:account:1:1:${ann.id}`, text));
      await cache.forget([]);
      expect(await cache.read(ann.id, load(ann.id))).toEqual(ann);
    }
    expect(results).not.toContain('hit');
  });
});

describe('rate limits', () => {
  it('are counted over all pods, and by each for itself while Redis is away', async () => {
    const links = [1, 2].map(() =>
      openRedis({ url: redis.url, timeoutMs: 2_000, restMs: 10, onChange: () => undefined }),
    );
    try {
      for (const link of links) await waitFor('redis', () => link.ask((client) => client.ping()));
      const [one, two] = links.map((link) =>
        createRateLimiter({ limit: 4, windowMs: 3_600_000, redis: link }),
      );
      const who = randomUUID();
      const kinds: (string | undefined)[] = [];
      for (let time = 0; time < 3; time += 1)
        kinds.push((await one?.count(who))?.kind, (await two?.count(who))?.kind);
      expect(kinds).toEqual(['within', 'within', 'within', 'within', 'beyond', 'beyond']);
      await redis.stop();
      expect(await one?.count(who)).toMatchObject({ kind: 'within', remaining: 3 });
    } finally {
      await redis.start();
      for (const link of links) await link.close();
    }
  });
});

describe('the app', () => {
  let postgres: PrivatePostgres;
  let app: RunningApp;
  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.createDatabase('bank');
    await migrate(postgres.url('bank'));
  });
  afterAll(() => postgres.stop());
  beforeEach(async () => {
    app = await startApp({ ...postgres.env('bank'), REDIS_URL: redis.url });
    await until('ready', 200);
  });
  afterEach(async () => {
    await stopApp(app);
    await stopPrograms();
  });

  const until = (what: string, status: number) =>
    waitFor(
      what,
      async () => ((await statusOf(`${app.url}/readyz`)) === status ? true : undefined),
      app,
    );
  async function cacheReads(result: string): Promise<number> {
    const page = await (await fetch(app.metricsUrl)).text();
    const series = new RegExp(`^ledger_cache_reads_total\\{result="${result}"[^}]*\\} (\\d+)$`, 'm');
    return Number(series.exec(page)?.[1] ?? 0);
  }
  const openAccount = async (): Promise<string> => {
    const made = await fetch(`${app.url}/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"Ann"}',
    });
    return `${app.url}${made.headers.get('location') ?? ''}`;
  };

  it('M1: with the cache down the app serves and stays ready; with the database down it is unready', async () => {
    const account = await openAccount();
    await waitFor('a hit', async () => {
      expect(await statusOf(account)).toBe(200);
      return (await cacheReads('hit')) > 0 ? true : undefined;
    });
    await redis.stop();
    for (let read = 0; read < 20; read += 1) expect(await statusOf(account)).toBe(200);
    expect(await statusOf(`${app.url}/readyz`)).toBe(200);
    expect(await cacheReads('off')).toBeGreaterThan(0);
    await redis.start();
    const before = await cacheReads('hit');
    await waitFor('hits again', async () => {
      expect(await statusOf(account)).toBe(200);
      return (await cacheReads('hit')) > before ? true : undefined;
    });
    expect(app.output()).toContain('redis does not answer, going on without');
    expect(app.output()).toContain('redis answers again');

    await postgres.query('postgres', 'ALTER DATABASE bank ALLOW_CONNECTIONS false');
    await postgres.query(
      'postgres',
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'bank'`,
    );
    await until('unready without its database', 503);
    expect(await statusOf(`${app.url}/livez`)).toBe(200);
    await postgres.query('postgres', 'ALTER DATABASE bank ALLOW_CONNECTIONS true');
    await until('ready again', 200);
  });

  it('M1: a cache that hangs costs a moment now and then, no request fails', async () => {
    const account = await openAccount();
    expect(await statusOf(account)).toBe(200);
    redis.hang();
    try {
      const startedAt = performance.now();
      for (let read = 0; read < 50; read += 1) expect(await statusOf(account)).toBe(200);
      expect(await statusOf(`${app.url}/readyz`)).toBe(200);
      // Each alone would be 100 ms: only the first of a spell waits.
      expect(performance.now() - startedAt).toBeLessThan(3_000);
    } finally {
      redis.goOn();
    }
  });

  it('shows each change at once, though the account was in the cache', async () => {
    // Long enough that only the change itself can have removed it.
    await stopApp(app);
    app = await startApp({ ...postgres.env('bank'), REDIS_URL: redis.url, CACHE_TTL_MS: '60000' });
    await until('ready', 200);
    const post = async (path: string, body: object): Promise<string> => {
      const answer = await fetch(`${app.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
        body: JSON.stringify(body),
      });
      expect(answer.status).toBeLessThan(300);
      return ((await answer.json()) as { id: string }).id;
    };
    const outside = await post('/accounts', { name: 'outside', kind: 'external' });
    const [ann, ben] = [await post('/accounts', { name: 'Ann' }), await post('/accounts', { name: 'Ben' })];
    const funds = async (id: string): Promise<string> => {
      const answer = await fetch(`${app.url}/accounts/${id}`);
      const { balance, available } = (await answer.json()) as Record<string, string>;
      return `${balance}/${available}`;
    };
    const cached = async (): Promise<void> => {
      for (const id of [ann, ben]) {
        const before = await cacheReads('hit');
        await waitFor('a hit', async () => {
          await funds(id);
          return (await cacheReads('hit')) > before ? true : undefined;
        });
      }
    };
    const seen: string[] = [];
    const look = async (): Promise<void> => void seen.push(`${await funds(ann)} ${await funds(ben)}`);
    await cached();
    await post('/transfers', { from: outside, to: ann, amount: 100 });
    await look();
    await cached();
    const one = await post('/holds', { account: ann, amount: 60 });
    await look();
    await cached();
    await post(`/holds/${one}/capture`, { to: ben, amount: 50 });
    await look();
    const other = await post('/holds', { account: ann, amount: 20 });
    await cached();
    await post(`/holds/${other}/release`, {});
    await look();
    expect(seen).toEqual(['100/100 0/0', '100/40 0/0', '50/50 50/50', '50/50 50/50']);
  });

  it('keeps the money right while its cache comes and goes under load', async () => {
    const ledger = await seedLedger({ target: app.url }, { accounts: 10, fundsEach: 10_000 });
    const load = runLoad({ target: app.url, ratePerSecond: 150, maxInFlight: 50, ledger });
    const until = (more: number) => {
      const from = load.snapshot().requests;
      return waitFor('load', async () =>
        load.snapshot().requests > from + more ? true : undefined,
      );
    };
    await until(100);
    await redis.stop();
    await until(100);
    await redis.start();
    await until(100);
    const figures = await load.stop();
    expect(figures).toMatchObject({ failed: 0 });
    await expect(load.audit()).resolves.toMatchObject({ kind: 'clean', fundsAfter: 100_000n });
  });
});
