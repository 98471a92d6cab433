import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createAuthority, issue } from '../../../test/cluster/src/pki/certificate.ts';
import { parseSpec } from '../api/parse.ts';
import { errorFromAnswer, errorWithoutAnswer } from '../kube/api-error.ts';
import type { ApiCall, ByteStream, Transport } from '../kube/transport.ts';
import { err, ok } from '../lib/result.ts';
import { createFetchPage, type FetchPageOptions } from './fetch-page.ts';
import type { ReadSecret } from './queries/secrets.ts';
import type { PageAddress } from './sample-pods.ts';

const HOST = '127.0.0.1';
const PAGE = 'http_requests_total{code="200"} 1\n';
const POD = { namespace: 'shop', name: 'web-r2-bcd-x' };
const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function serve(
  answer: RequestListener,
  tls?: { cert: string; key: string },
): Promise<number> {
  const server: Server = tls ? createHttpsServer(tls, answer) : createHttpServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, HOST, resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

const readSecret: ReadSecret = ({ name }) => {
  const value = SECRETS[name];
  return Promise.resolve(
    value === undefined ? err(`there is no Secret ${name} in this namespace`) : ok(value),
  );
};
const authority = createAuthority('pods');
const SECRETS: Record<string, string> = { token: 's3cret', ca: authority.certificatePem };

function fetcher(options: Partial<FetchPageOptions> = {}) {
  const fetchPage = createFetchPage({ readSecret, ...options });
  return (port: number, over: Partial<PageAddress> = {}) =>
    fetchPage({ host: HOST, port, path: '/metrics', pod: POD, ...over });
}

/* What a specification says of it, as a request needs it. */
function accessOf(scrape: object): PageAddress['access'] {
  const parsed = parseSpec({ template: {}, strategy: { canary: {} }, checks: { scrape } });
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.violations));
  return parsed.value.checks?.scrape;
}

describe('a metrics page', () => {
  it('is read, and one that is too large or cannot be asked for is not', async () => {
    const port = await serve((request, response) => {
      response.end(request.url === '/large' ? PAGE.repeat(40_000) : PAGE);
    });
    const fetchPage = fetcher();
    expect(await fetchPage(port)).toBe(PAGE);
    await expect(fetchPage(port, { path: '/large' })).rejects.toThrow('larger than 1024 KiB');
    await expect(fetchPage(port, { path: '/a path' })).rejects.toThrow('no answer');
    expect(await fetchPage(port)).toBe(PAGE);
  });

  it('may be packed, and is no larger for that', async () => {
    const pages: Record<string, string> = { '/small': PAGE, '/large': PAGE.repeat(400_000) };
    const port = await serve((request, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(pages[request.url ?? ''] ?? ''));
    });
    expect(await fetcher()(port, { path: '/small' })).toBe(PAGE);
    await expect(fetcher()(port, { path: '/large' })).rejects.toThrow('larger than 1024 KiB');
  });

  it('is asked for in both formats', async () => {
    const port = await serve((request, response) => void response.end(request.headers.accept));
    expect(await fetcher()(port)).toMatch(
      /openmetrics-text;version=1.0.0,text\/plain;version=0.0.4/,
    );
  });

  it('that never ends is given up, and none is made of its beginning', async () => {
    const port = await serve((_request, response) => void response.write(PAGE));
    await expect(fetcher()(port)).rejects.toThrow('no answer within 1.5 s');
  });

  it.each([
    [401, 'look at spec.checks.scrape.authorization'],
    [404, 'no such page (404)'],
    [503, 'it answers 503'],
    [302, 'it answers 302'],
  ])('is none with status %d', async (status, says) => {
    const port = await serve((_request, response) => {
      response.writeHead(status, { location: '/metrics' }).end(PAGE);
    });
    await expect(fetcher()(port)).rejects.toThrow(says);
  });

  it('is read of each of more pods than there may be connections, again and again', async () => {
    const answer: RequestListener = (_request, response) => void response.end(PAGE);
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

describe('a page that asks who we are', () => {
  it('gets the token of the Secret, in the namespace of the pod', async () => {
    const port = await serve((request, response) => {
      response.writeHead(request.headers.authorization === 'Bearer s3cret' ? 200 : 401).end(PAGE);
    });
    const access = accessOf({ authorization: { bearer: { name: 'token' } } });
    expect(await fetcher()(port, { access })).toBe(PAGE);
    await expect(fetcher()(port)).rejects.toThrow('it refuses us (401)');
  });

  it('is not asked without its Secret', async () => {
    let asked = 0;
    const port = await serve((_request, response) => {
      asked += 1;
      response.end(PAGE);
    });
    const access = accessOf({ authorization: { basic: { name: 'gone' } } });
    await expect(fetcher()(port, { access })).rejects.toThrow(
      'there is no Secret gone in this namespace',
    );
    expect(asked).toBe(0);
  });
});

describe('a page over https', () => {
  const pod = issue(authority, {
    subject: { commonName: 'web' },
    usage: 'server',
    names: ['web.shop'],
  });
  const tls = { cert: pod.certificatePem, key: pod.keyPem };
  const read = async (of: object) => {
    const port = await serve((_request, response) => void response.end(PAGE), tls);
    return fetcher()(port, { access: accessOf({ scheme: 'https', tls: of }) });
  };

  it('is believed by its CA and the name that the pods carry', async () => {
    expect(await read({ ca: { name: 'ca' }, serverName: 'web.shop' })).toBe(PAGE);
  });

  it.each([
    ['another name', { ca: { name: 'ca' }, serverName: 'till.shop' }, 'for another name'],
    ['no name, asked by its address', { ca: { name: 'ca' } }, 'for another name'],
    ['a CA of strangers', { serverName: 'web.shop' }, 'not trusted'],
  ])('is not believed with %s', async (_what, of, says) => {
    await expect(read(of)).rejects.toThrow(says);
  });

  it('is believed from anybody where the author says so', async () => {
    expect(await read({ insecureSkipVerify: true })).toBe(PAGE);
  });
});

describe('a page through the API server', () => {
  function apiServer(answer: () => Promise<ByteStream>) {
    const calls: ApiCall[] = [];
    const through: Pick<Transport, 'stream'> = {
      stream: (call) => {
        calls.push(call);
        return answer();
      },
    };
    return { calls, read: (over: Partial<PageAddress> = {}) => fetcher({ through })(9464, over) };
  }
  const streamOf = (...pieces: readonly string[]): ByteStream => ({
    cancel: () => undefined,
    async *[Symbol.asyncIterator]() {
      for (const piece of pieces) yield Buffer.from(piece);
    },
  });
  /* A stream that ends without a word when it is cancelled, as the real one does. */
  function endlessStream(): ByteStream {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    return {
      cancel: end,
      async *[Symbol.asyncIterator]() {
        yield Buffer.from(PAGE);
        await ended;
      },
    };
  }

  it('comes by the proxy to the pod', async () => {
    const { calls, read } = apiServer(() =>
      Promise.resolve(streamOf('http_requests_total', '{code="200"} 1\n')),
    );
    expect(await read({ path: '/m?all=1' })).toBe(PAGE);
    expect(await read({ access: accessOf({ scheme: 'https' }) })).toBe(PAGE);
    expect(calls.map(({ path }) => path)).toEqual([
      '/api/v1/namespaces/shop/pods/web-r2-bcd-x:9464/proxy/m?all=1',
      '/api/v1/namespaces/shop/pods/https:web-r2-bcd-x:9464/proxy/metrics',
    ]);
  });

  it('is bounded like any other', async () => {
    const large = apiServer(() =>
      Promise.resolve(streamOf(...Array.from({ length: 20 }, () => 'x'.repeat(65_536)))),
    );
    await expect(large.read()).rejects.toThrow('larger than 1024 KiB');
    const endless = apiServer(() => Promise.resolve(endlessStream()));
    await expect(endless.read()).rejects.toThrow('no answer within 1.5 s');
  });

  it.each([
    [errorFromAnswer({ status: 403, body: '', what: 'GET' }), 'the verb get on pods/proxy'],
    [errorFromAnswer({ status: 502, body: '', what: 'GET' }), 'it answers 502'],
    [
      errorWithoutAnswer('timeout', { what: 'GET', reason: 'NoAnswerInTime' }),
      'no answer through the API server',
    ],
  ])('that fails says how: %s', async (failure, says) => {
    await expect(apiServer(() => Promise.reject(failure)).read()).rejects.toThrow(says);
  });

  it.each([
    { authorization: { bearer: { name: 'token' } } },
    { scheme: 'https', tls: { ca: { name: 'ca' } } },
  ])('is not asked for with what the API server does not pass on: %j', async (scrape) => {
    const { calls, read } = apiServer(() => Promise.resolve(streamOf(PAGE)));
    await expect(read({ access: accessOf(scrape) })).rejects.toThrow(
      'neither authorization nor tls.ca',
    );
    expect(calls).toEqual([]);
  });
});

describe('the path of a metrics page', () => {
  const kindOf = (path: string) =>
    parseSpec({
      workloadRef: { name: 'web' },
      strategy: { canary: {} },
      checks: { scrape: { path } },
    }).kind;

  it.each(['/metrics', '/a?b=c&d', '/%20'])('can be %s', (path) => {
    expect(kindOf(path)).toBe('valid');
  });
  it.each(['metrics', '/a b', '/a\n', '/\u00fc'])('cannot be %j', (path) => {
    expect(kindOf(path)).toBe('invalid');
  });
});
