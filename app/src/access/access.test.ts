// Tokens and rate limits, as a client meets them over HTTP and by themselves.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { noFaults, serveApp } from '../http/testing/served-app.ts';
import type { ServedApp } from '../http/testing/served-app.ts';
import { createRateLimiter } from './rate-limit.ts';
import type { RateLimiter } from './rate-limit.ts';
import { createRegistry, readTokens, watchTokens } from './tokens.ts';

const teller = 'teller-token-0123456789';
const reader = 'reader-token-0123456789';
const former = 'former-token-0123456789';
const sha256 = (token: string): string => createHash('sha256').update(token).digest('hex');
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

let dir = '';
let file = '';
let app: ServedApp | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tokens-'));
  file = join(dir, 'tokens.json');
  write([
    { name: 'teller', sha256: sha256(teller), scopes: ['accounts:read', 'accounts:write'] },
    { name: 'reader', sha256: sha256(reader), scopes: ['accounts:read'] },
    {
      name: 'former',
      sha256: sha256(former),
      scopes: ['accounts:read'],
      expiresAt: '2020-01-01T00:00:00Z',
    },
  ]);
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  rmSync(dir, { recursive: true, force: true });
});
const write = (tokens: unknown): void => writeFileSync(file, JSON.stringify({ tokens }));

describe('tokens', () => {
  const open = async (limiter?: RateLimiter): Promise<ServedApp> => {
    const tokens = createRegistry(() => readTokens(file));
    app = await serveApp(noFaults, { guard: { tokens, limiter } });
    return app;
  };
  const account = { name: 'Ann' };

  it('allow what their scopes say and nothing else', async () => {
    const served = await open();
    const made = await served.post('/accounts', account, bearer(teller));
    expect(made.status).toBe(201);
    const path = `/accounts/${String(made.body['id'])}`;
    expect((await served.get(path, bearer(reader))).status).toBe(200);
    const refused = await served.post('/accounts', account, bearer(reader));
    expect(refused).toMatchObject({
      status: 403,
      body: { type: 'urn:slipway:problem:forbidden', detail: expect.stringContaining('accounts:write') },
    });
    expect(refused.headers.get('www-authenticate')).toContain('insufficient_scope');
  });

  it.each<[string, Record<string, string>]>([
    ['none', {}],
    ['one that nobody has', bearer('nobody-token-0123456789')],
    ['one that has expired', bearer(former)],
    ['the hash of one', bearer(sha256(teller))],
    ['one of another scheme', { authorization: `Basic ${teller}` }],
    ['one too long to look at', bearer('x'.repeat(2_000))],
    ['something that is none', { authorization: 'Bearer a b' }],
  ])('are asked for: %s is not enough', async (_name, headers) => {
    const served = await open();
    const refused = await served.post('/accounts', account, headers);
    expect(refused).toMatchObject({
      status: 401,
      body: { type: 'urn:slipway:problem:unauthenticated' },
    });
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer realm="ledger"/);
    expect(JSON.stringify(refused.body)).not.toContain(teller);
  });

  it('come before the body is read: a stranger learns nothing of what would be wrong', async () => {
    const served = await open();
    expect((await served.post('/accounts', 'no json')).status).toBe(401);
  });

  it('are not needed for probes, the version and the description', async () => {
    const served = await open();
    for (const path of ['/livez', '/readyz', '/version', '/openapi.json'])
      expect((await served.get(path)).status).toBe(200);
  });

  it('never get into the log', async () => {
    const served = await open();
    await served.get('/accounts/none', bearer(teller));
    await served.get('/accounts/none', bearer('nobody-token-0123456789'));
    expect(served.lines.join('')).not.toMatch(/teller-token|nobody-token/);
  });

  it('that are guessed make their address wait', async () => {
    const limiter = createRateLimiter({ limit: 3, windowMs: 60_000, redis: undefined, now: () => 0 });
    const served = await open(limiter);
    const statuses: number[] = [];
    for (let guess = 0; guess < 5; guess += 1)
      statuses.push((await served.get('/accounts/none', bearer(`guess-${guess}-0123456789`))).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    // Who has a token is counted by its name.
    expect((await served.get('/accounts/none', bearer(reader))).status).toBe(404);
  });
});

describe('the file of tokens', () => {
  it.each<[string, string, RegExp]>([
    ['no JSON', '{', /^AUTH_TOKENS_FILE: .* is no JSON. Mount/],
    ['no tokens', '{"tokens":[]}', /tokens: /],
    [
      'a token instead of its hash',
      '{"tokens":[{"name":"a","sha256":"hunter2","scopes":["ledger:read"]}]}',
      /tokens.0.sha256: give the sha256 of the token/,
    ],
    [
      'a scope that is none',
      `{"tokens":[{"name":"a","sha256":"${'0'.repeat(64)}","scopes":["root"]}]}`,
      /tokens.0.scopes.0: give some of accounts:read/,
    ],
  ])('is refused: %s, without repeating it', (_name, text, want) => {
    writeFileSync(file, text);
    expect(() => readTokens(file)).toThrow(want);
    expect(() => readTokens(file)).toThrow(/^(?!.*hunter2)/s);
  });

  it('is read again when it changes, and a broken one changes nothing', async () => {
    const troubles: unknown[] = [];
    const registry = watchTokens({ file, everyMs: 5, onTrouble: (error) => troubles.push(error) });
    const until = async (reached: () => boolean): Promise<void> => {
      for (let look = 0; look < 400 && !reached(); look += 1)
        await new Promise((resolve) => setTimeout(resolve, 5));
      expect(reached()).toBe(true);
    };
    expect(registry.find(teller)?.name).toBe('teller');
    write([{ name: 'new', sha256: sha256('new-token'), scopes: ['ledger:read'] }]);
    await until(() => registry.find('new-token')?.name === 'new');
    expect(registry.find(teller)).toBeUndefined();
    writeFileSync(file, 'broken');
    await until(() => troubles.length > 0);
    expect(registry.find('new-token')?.name).toBe('new');
  });
});

describe('rate limits', () => {
  it('let so many through in a window, tell what is left, and when to come back', async () => {
    const limiter = createRateLimiter({ limit: 2, windowMs: 10_000, redis: undefined, now: () => 4_000 });
    app = await serveApp(noFaults, { guard: { tokens: undefined, limiter } });
    const answers = [];
    for (let time = 0; time < 3; time += 1) answers.push(await app.get('/ledger/summary'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[0]?.headers.get('ratelimit')).toBe('"requests";r=1;t=6');
    expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"requests";q=2;w=10');
    expect(answers[2]?.headers.get('retry-after')).toBe('6');
    expect(answers[2]?.body['type']).toBe('urn:slipway:problem:too-many-requests');
    expect((await app.get('/livez')).status).toBe(200);
  });

  it('slide: the end of one window and the start of the next are no double portion', async () => {
    let at = 9_900;
    const limiter = createRateLimiter({ limit: 10, windowMs: 10_000, redis: undefined, now: () => at });
    const kinds = async (times: number): Promise<string[]> => {
      const seen: string[] = [];
      for (let time = 0; time < times; time += 1) seen.push((await limiter.count('a')).kind);
      return seen;
    };
    expect(await kinds(10)).toEqual(Array.from({ length: 10 }, () => 'within'));
    at = 10_100;
    expect(await kinds(2)).toEqual(['within', 'beyond']);
    at = 15_000;
    expect(await kinds(1)).toEqual(['within']);
    at = 40_000;
    expect(await kinds(10)).not.toContain('beyond');
  });

  it('forget the oldest callers rather than grow without end', async () => {
    const limiter = createRateLimiter({ limit: 1, windowMs: 10_000, redis: undefined, now: () => 0 });
    await limiter.count('first');
    expect((await limiter.count('first')).kind).toBe('beyond');
    for (let index = 0; index < 10_001; index += 1) await limiter.count(`caller ${index}`);
    expect((await limiter.count('first')).kind).toBe('within');
  });
});
