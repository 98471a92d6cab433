import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { parseSpec } from '../api/parse.ts';
import { createFetchPage } from './fetch-page.ts';

const HOST = '127.0.0.1';
const PAGE = 'http_requests_total{code="200"} 1\n';
const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

type Answer = NonNullable<Parameters<typeof createServer>[1]>;

async function serve(answer: Answer): Promise<number> {
  const server = createServer({}, answer);
  await new Promise<void>((resolve) => void server.listen(0, HOST, resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

function fetcher() {
  const { close, fetchPage } = createFetchPage();
  ends.push(close);
  return (port: number, path = '/metrics') => fetchPage({ host: HOST, port, path });
}

describe('a metrics page', () => {
  it('is read, and one that is too large or cannot be asked for is not', async () => {
    const port = await serve((request, response) => {
      response.end(request.url === '/large' ? PAGE.repeat(40_000) : PAGE);
    });
    const fetchPage = fetcher();
    expect(await fetchPage(port)).toBe(PAGE);
    expect(await fetchPage(port, '/large')).toBeUndefined();
    expect(await fetchPage(port, '/a path')).toBeUndefined();
    expect(await fetchPage(port)).toBe(PAGE);
  });

  it('is read of each of more pods than there may be connections, again and again', async () => {
    const answer: Answer = (_request, response) => void response.end(PAGE);
    const ports = await Promise.all(Array.from({ length: 40 }, () => serve(answer)));
    const fetchPage = fetcher();
    for (let poll = 0; poll < 3; poll += 1) {
      const all = await Promise.all(ports.map((port) => fetchPage(port)));
      expect(all).toEqual(ports.map(() => PAGE));
    }
  });

  it('is one of a few at a time, however many pods there are', async () => {
    let asked = 0;
    let most = 0;
    const port = await serve((_request, response) => {
      asked += 1;
      most = Math.max(most, asked);
      setImmediate(() => {
        asked -= 1;
        response.end(PAGE);
      });
    });
    const fetchPage = fetcher();
    const all = await Promise.all(Array.from({ length: 100 }, () => fetchPage(port)));
    expect(all).toEqual(all.map(() => PAGE));
    expect(most).toBeLessThanOrEqual(8);
  });
});

describe('the path of a metrics page', () => {
  const kindOf = (path: string) =>
    parseSpec({
      workloadRef: { name: 'web' }, strategy: { canary: {} }, checks: { scrape: { path } },
    }).kind;

  it.each(['/metrics', '/a?b=c&d', '/%20'])('can be %s', (path) => {
    expect(kindOf(path)).toBe('valid');
  });
  it.each(['metrics', '/a b', '/a\n', '/\u00fc'])('cannot be %j', (path) => {
    expect(kindOf(path)).toBe('invalid');
  });
});
