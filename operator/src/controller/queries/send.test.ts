import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createAuthority, issue } from '../../../../test/cluster/src/pki/certificate.ts';
import type { HttpRequest } from '../../metrics/queries/query-codec.ts';
import { createSend, type SendOptions } from './send.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

interface Heard {
  readonly request: IncomingMessage;
  readonly body: string;
}

/* A server and what it has heard so far. */
async function serve(answer: RequestListener, tls?: { cert: string; key: string }) {
  const heard: Heard[] = [];
  const listener: RequestListener = (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      heard.push({ request, body });
      void answer(request, response);
    });
  };
  const server: Server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { heard, port: typeof address === 'object' && address ? address.port : 0 };
}

const ok =
  (body: string | Buffer, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(200, headers).end(body);

const get = (url: string, over: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url,
  headers: { accept: 'application/json' },
  ...over,
});

const TESTS: SendOptions = { loopback: 'allowed' };
const ask = (request: HttpRequest, options: SendOptions = TESTS, timeoutMs = 2000) =>
  createSend(options)(request, { headers: {} }, timeoutMs);

describe('a request', () => {
  it('arrives with its headers and body, and what Secrets add', async () => {
    const { heard, port } = await serve(ok('{}'));
    const request: HttpRequest = {
      method: 'POST',
      url: `http://127.0.0.1:${port}/a?b=c`,
      headers: { 'x-a': '1' },
      body: 'é=1',
    };
    const answer = await createSend(TESTS)(
      request,
      { headers: { authorization: 'Bearer t' } },
      2000,
    );
    expect(answer).toEqual({ kind: 'answered', status: 200, body: '{}' });
    const [{ body, request: seen } = { body: '', request: undefined }] = heard;
    expect({ body, method: seen?.method, url: seen?.url }).toEqual({
      body: 'é=1',
      method: 'POST',
      url: '/a?b=c',
    });
    expect(seen?.headers).toMatchObject({
      'x-a': '1',
      authorization: 'Bearer t',
      host: `127.0.0.1:${port}`,
      'accept-encoding': 'gzip',
    });
  });

  it('is given up after its time, whether nothing comes or never the end', async () => {
    const silent = await serve(() => undefined);
    const slow = await serve((_request, response) => void response.writeHead(200).write('{'));
    for (const { port } of [silent, slow]) {
      const answer = await ask(get(`http://127.0.0.1:${port}/`), TESTS, 100);
      expect(answer).toEqual({ kind: 'failed', why: 'no answer within 0.1 s' });
    }
  });

  it('is given up when the name is not resolved in time', async () => {
    const never = { ...TESTS, resolve: () => new Promise<never>(() => undefined) };
    expect(await ask(get('http://slow.example/'), never, 100)).toMatchObject({ kind: 'failed' });
  });

  it('follows no redirect', async () => {
    const { heard, port } = await serve((_request, response) => {
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await ask(get(`http://127.0.0.1:${port}/`))).toMatchObject({
      kind: 'answered',
      status: 302,
    });
    expect(heard.map(({ request }) => request.url)).toEqual(['/']);
  });
});

describe('an answer', () => {
  it('is unpacked', async () => {
    const { port } = await serve(ok(gzipSync('{"a":1}'), { 'content-encoding': 'gzip' }));
    expect(await ask(get(`http://127.0.0.1:${port}/`))).toMatchObject({ body: '{"a":1}' });
  });

  it.each<[string, RequestListener, string]>([
    ['is too large', ok('x'.repeat(1024 * 1024 + 1)), 'larger than 1024 KiB'],
    [
      'grows too large',
      ok(gzipSync('x'.repeat(64 * 1024 * 1024)), { 'content-encoding': 'gzip' }),
      'larger than',
    ],
    ['is no gzip', ok('plain', { 'content-encoding': 'gzip' }), 'cannot be unpacked'],
    [
      'ends in its middle',
      ok(gzipSync('{"a":1}').subarray(0, 20), { 'content-encoding': 'gzip' }),
      'cannot be unpacked',
    ],
    ['is packed otherwise', ok('x', { 'content-encoding': 'br' }), 'packed as "br"'],
    [
      'breaks off',
      (_request, response) =>
        void response
          .writeHead(200, { 'content-length': '9' })
          .write('{', () => response.destroy()),
      'broken off',
    ],
  ])('that %s is none', async (_what, answer, why) => {
    const { port } = await serve(answer);
    expect(await ask(get(`http://127.0.0.1:${port}/`))).toEqual({
      kind: 'failed',
      why: expect.stringContaining(why),
    });
  });

  it('that is not HTTP is none', async () => {
    const server = createTcpServer((socket) => void socket.end('SSH-2.0-x\r\n'));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    ends.push(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    expect(await ask(get(`http://127.0.0.1:${port}/`))).toEqual({
      kind: 'failed',
      why: 'the answer is not HTTP',
    });
  });

  it('of nobody is none', async () => {
    const { port } = await serve(ok(''));
    ends.splice(0).forEach((end) => end());
    expect(await ask(get(`http://127.0.0.1:${port}/`))).toMatchObject({
      why: expect.stringContaining('connection refused'),
    });
  });
});

describe('a forbidden address', () => {
  it.each([
    'http://127.0.0.1:{port}/',
    'http://localhost:{port}/',
    'http://[::1]:{port}/',
    'http://2130706433:{port}/',
    'http://0x7f.1:{port}/',
    'http://127.1:{port}/',
    'http://[::ffff:127.0.0.1]:{port}/',
    'http://0.0.0.0:{port}/',
    'http://169.254.169.254/latest/meta-data',
    'http://[::ffff:169.254.169.254]/',
    'http://2852039166/',
    'http://[fe80::1]/',
  ])('is not asked: %s', async (url) => {
    const { heard, port } = await serve(ok('{}'));
    const answer = await ask(get(url.replace('{port}', String(port))), { loopback: 'refused' });
    expect(answer).toMatchObject({
      kind: 'failed',
      why: expect.stringMatching(/own machine|link-local/),
    });
    expect(heard).toEqual([]);
  });

  it('is not asked where it hides behind a name, alone or among others', async () => {
    const { heard, port } = await serve(ok('{}'));
    const hidden = [
      { address: '10.0.0.1', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    for (const found of [hidden, hidden.slice(1)]) {
      const resolve = () => Promise.resolve(found);
      const answer = await ask(get(`http://innocent.example:${port}/`), {
        loopback: 'refused',
        resolve,
      });
      expect(answer).toMatchObject({ kind: 'failed', why: expect.stringContaining('own machine') });
    }
    expect(heard).toEqual([]);
  });

  it('is not reached by a name that leads elsewhere the second time: it is resolved once', async () => {
    const { heard, port } = await serve(ok('{}'));
    let asked = 0;
    const resolve = () => {
      asked += 1;
      return Promise.resolve([
        { address: asked === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 },
      ]);
    };
    const answer = await ask(get(`http://rebound.example:${port}/`), {
      loopback: 'allowed',
      resolve,
    });
    expect(answer).toMatchObject({ kind: 'answered' });
    expect({ asked, heard: heard.length }).toEqual({ asked: 1, heard: 1 });
  });

  it('is told from a name that nobody has', async () => {
    const nobody = { ...TESTS, resolve: () => Promise.resolve([]) };
    expect(await ask(get('http://nobody.example/'), nobody)).toEqual({
      kind: 'failed',
      why: 'the name cannot be resolved',
    });
  });
});

describe('https', () => {
  const authority = createAuthority('queries');
  const server = issue(authority, {
    subject: { commonName: 'shop' },
    names: ['shop.example'],
    usage: 'server',
  });
  const tls = { cert: server.certificatePem, key: server.keyPem };
  const resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
  const askTls = async (host: string, ca?: string) => {
    const { port } = await serve(ok('{}'), tls);
    const access = { headers: {}, ...(ca === undefined ? {} : { ca }) };
    return createSend({ ...TESTS, resolve })(get(`https://${host}:${port}/`), access, 2000);
  };

  it('trusts the CA it is given, for its name only, and no stranger', async () => {
    const ca = authority.certificatePem;
    expect(await askTls('shop.example', ca)).toMatchObject({ kind: 'answered', status: 200 });
    expect(await askTls('till.example', ca)).toEqual({
      kind: 'failed',
      why: 'its certificate is for another name',
    });
    const stranger = createAuthority('stranger').certificatePem;
    for (const other of [undefined, stranger]) {
      expect(await askTls('shop.example', other)).toMatchObject({
        why: expect.stringContaining('not trusted'),
      });
    }
  });

  it('says when the other side speaks http', async () => {
    const { port } = await serve(ok('{}'));
    expect(await ask(get(`https://127.0.0.1:${port}/`))).toMatchObject({
      why: expect.stringContaining('http where https'),
    });
  });
});

describe('many requests', () => {
  it('wait for each other', async () => {
    let open = 0;
    let most = 0;
    const { port } = await serve((_request, response) => {
      open += 1;
      most = Math.max(most, open);
      setImmediate(() => {
        open -= 1;
        response.end('{}');
      });
    });
    const send = createSend(TESTS);
    const all = await Promise.all(
      Array.from({ length: 100 }, () =>
        send(get(`http://127.0.0.1:${port}/`), { headers: {} }, 5000),
      ),
    );
    expect(all.filter(({ kind }) => kind === 'answered').length).toBe(100);
    expect(most).toBeLessThanOrEqual(16);
  });

  it('do not pile up behind names that are never resolved', async () => {
    const send = createSend({ ...TESTS, resolve: () => new Promise<never>(() => undefined) });
    const all = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        send(get(`http://n${at}.example/`), { headers: {} }, 20),
      ),
    );
    const told = new Set(all.map((answer) => (answer.kind === 'failed' ? answer.why : '')));
    expect(told).toEqual(new Set(['no answer within 0.02 s', 'too many names are being resolved']));
  });
});
