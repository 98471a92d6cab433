import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { createManualClock } from '../lib/manual-clock.ts';
import type { ManualClock } from '../lib/manual-clock.ts';
import { systemClock } from '../lib/clock.ts';
import { ApiError } from './api-error.ts';
import { createHttpTransport } from './http-transport.ts';
import { startFakeApiServer } from './testing/fake-api-server.ts';
import type { FakeApiServer, Fault } from './testing/fake-api-server.ts';
import { eventually, quiet } from './testing/eventually.ts';
import { PODS, pod } from './testing/pods.ts';
import type { ApiCall, Transport } from './transport.ts';

// For machines that are busy; nothing here waits for time to pass.
jest.setTimeout(60_000);

const POD: ApiCall = { method: 'GET', path: '/api/v1/namespaces/a/pods/x' };
const UPDATE: ApiCall = {
  method: 'PATCH',
  path: POD.path,
  contentType: 'application/merge-patch+json',
  body: { spec: { touched: true } },
};
const APPLY: ApiCall = { ...UPDATE, contentType: 'application/apply-patch+yaml' };
const busy = (headers: Record<string, string>): Fault => ({ kind: 'status', status: 429, headers });
const broken: Fault = { kind: 'status', status: 500, body: 'etcd is away' };

describe('http transport', () => {
  let server: FakeApiServer;
  let clock: ManualClock;
  let transport: Transport;
  let tokens: string[];

  beforeEach(async () => {
    server = await startFakeApiServer();
    server.store.put(PODS, pod('a', 'x'));
    clock = createManualClock();
    tokens = [];
    transport = createHttpTransport({
      credentials: async () => ({
        origin: server.origin,
        headers: { authorization: `Bearer ${tokens.shift() ?? 'last'}` },
        tls: {},
      }),
      userAgent: 'slipway/test',
      clock,
      maxSockets: 4,
      random: () => 0,
    });
  });

  afterEach(async () => {
    transport.close();
    await server.close();
  });

  /** Lets the call go on until it ends, skipping the waits between attempts, never a deadline. */
  async function settle<T>(promise: Promise<T>): Promise<T> {
    const call = { ended: false };
    const end = () => {
      call.ended = true;
    };
    promise.then(end, end);
    while (!call.ended) {
      await quiet(20);
      const waitMs = clock.nextTimerMs() ?? Infinity;
      if (!call.ended && waitMs < 4000) clock.advance(waitMs);
    }
    return promise;
  }

  async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
    const error: unknown = await settle(promise).catch((caught: unknown) => caught);
    if (error instanceof ApiError) return error;
    throw new Error('did not fail with an ApiError', { cause: error });
  }

  it('reads an object with every field the server knows, also those it does not know itself', async () => {
    server.store.put(PODS, { ...pod('a', 'x'), spec: { inventedIn2030: { deep: [1] } } });
    const object = await settle(transport.request<{ spec: unknown }>(POD));
    expect(object.spec).toEqual({ inventedIn2030: { deep: [1] } });
    expect(server.calls[0]?.headers['user-agent']).toBe('slipway/test');
  });

  it.each<[string, Fault]>([
    ['an answer of 500', broken],
    ['a reset connection', { kind: 'reset' }],
    ['a lost answer', { kind: 'answerLost' }],
    ['a 429', busy({})],
  ])('reads again after %s', async (_, fault) => {
    server.fail('get', fault, 2);
    await expect(settle(transport.request(POD))).resolves.toMatchObject({ kind: 'Pod' });
  });

  it('gives up reading after four attempts and says what the last answer was', async () => {
    server.fail('get', broken, 9);
    const error = await failureOf(transport.request(POD));
    expect(error).toMatchObject({ status: 500, code: 'server' });
    expect(error.message).toBe(`GET ${POD.path}: 500: etcd is away`);
    expect(server.calls).toHaveLength(4);
  });

  it.each<[string, Fault, string]>([
    ['an answer of 500', broken, 'server'],
    ['a reset connection', { kind: 'reset' }, 'network'],
    ['a lost answer', { kind: 'answerLost' }, 'network'],
  ])('does not repeat a patch after %s, which may have been carried out', async (_, fault, code) => {
    server.fail('write', fault);
    expect((await failureOf(transport.request(UPDATE))).code).toBe(code);
    expect(server.calls).toHaveLength(1);
  });

  it('repeats a server-side apply, which twice does the same as once', async () => {
    server.fail('write', { kind: 'answerLost' });
    await settle(transport.request(APPLY));
    expect(server.calls).toHaveLength(2);
    expect(server.store.get(PODS, 'a', 'x')?.['spec']).toMatchObject({ touched: true });
  });

  it('waits as long as a 429 says, then repeats any call', async () => {
    server.fail('write', busy({ 'retry-after': '3' }));
    const patched = transport.request(UPDATE);
    await eventually(() => server.calls.length === 1);
    await quiet();
    clock.advance(2999);
    await quiet();
    expect(server.calls).toHaveLength(1);
    clock.advance(1);
    await eventually(() => server.calls.length === 2);
    await patched;
  });

  it('hands a 429 to the caller when the wait does not fit into the deadline', async () => {
    server.fail('write', busy({ 'retry-after': '9' }));
    const error = await failureOf(transport.request({ ...UPDATE, timeoutMs: 5000 }));
    expect(error).toMatchObject({ code: 'tooManyRequests', retryAfterMs: 9000 });
  });

  it('never repeats a conflict', async () => {
    const call = { ...APPLY, body: { metadata: { resourceVersion: '1' } } };
    expect((await failureOf(transport.request(call))).code).toBe('conflict');
    expect(server.calls).toHaveLength(1);
  });

  it('never repeats what is marked so', async () => {
    server.fail('get', busy({}), 2);
    const error = await failureOf(transport.request({ ...POD, retry: 'never' }));
    expect(error.code).toBe('tooManyRequests');
    expect(server.calls).toHaveLength(1);
  });

  it('ends a call at its deadline when the server says nothing', async () => {
    server.fail('get', { kind: 'silence' }, 9);
    const failed = transport.request({ ...POD, timeoutMs: 700 }).catch((error: unknown) => error);
    await eventually(() => server.calls.length === 1);
    clock.advance(699);
    await quiet();
    expect(server.connections()).toBe(1);
    clock.advance(1);
    expect(await failed).toMatchObject({ status: 0, code: 'timeout', reason: 'NoAnswerInTime' });
    await eventually(() => server.connections() === 0);
  });

  it('ends a call when its signal aborts, without another attempt', async () => {
    server.fail('get', { kind: 'silence' }, 9);
    const abort = new AbortController();
    const failed = failureOf(transport.request({ ...POD, signal: abort.signal }));
    await eventually(() => server.calls.length === 1);
    abort.abort();
    expect(await failed).toMatchObject({ status: 0, reason: 'Stopped' });
    expect(server.calls).toHaveLength(1);
  });

  it('reads its credentials again after a 401', async () => {
    tokens = ['expired', 'fresh'];
    server.fail('get', { kind: 'status', status: 401 });
    await settle(transport.request(POD));
    expect(server.calls.map((call) => call.headers.authorization)).toEqual([
      'Bearer expired',
      'Bearer fresh',
    ]);
  });

  it('uses a rotated token after half a minute', async () => {
    tokens = ['first', 'second'];
    await settle(transport.request(POD));
    clock.advance(30_000);
    await settle(transport.request(POD));
    expect(server.calls.at(-1)?.headers.authorization).toBe('Bearer second');
  });

  it('asks the guard before each attempt, and sends nothing once it throws', async () => {
    let asked = 0;
    const guard = () => {
      asked += 1;
      if (asked === 2) throw new Error('no longer the leader');
    };
    server.fail('write', busy({ 'retry-after': '1' }));
    const error: unknown = await settle(
      transport.request({ ...UPDATE, guard }).catch((caught: unknown) => caught),
    );
    expect(error).toEqual(new Error('no longer the leader'));
    expect(server.calls).toHaveLength(1);
    expect(server.store.get(PODS, 'a', 'x')?.['spec']).toBeUndefined();
  });

  it('names the fields of a refused object', async () => {
    const details = { causes: [{ field: 'spec.replicas', message: 'must be at least 0' }] };
    const body = { kind: 'Status', code: 422, reason: 'Invalid', message: 'is invalid', details };
    server.fail('write', { kind: 'status', status: 422, body });
    const error = await failureOf(transport.request(UPDATE));
    expect(error).toMatchObject({ status: 422, code: 'invalid', reason: 'Invalid', details });
  });

  it('lets more watches be open than it has sockets for requests', async () => {
    const call = { ...POD, path: '/api/v1/pods', query: { watch: true, resourceVersion: '100' } };
    const streams = await Promise.all(Array.from({ length: 8 }, () => transport.stream(call)));
    await expect(settle(transport.request(POD))).resolves.toMatchObject({ kind: 'Pod' });
    expect(server.watches()).toHaveLength(8);
    for (const stream of streams) stream.cancel();
    await eventually(() => server.watches().length === 0);
  });

  it('reports a stream that is refused', async () => {
    server.fail('watch', { kind: 'status', status: 410 });
    const call = { ...POD, path: '/api/v1/pods', query: { watch: true } };
    expect((await failureOf(transport.stream(call))).code).toBe('expired');
  });

  it('leaves no connection and no timer when it is closed', async () => {
    server.fail('get', { kind: 'silence' });
    const failed = failureOf(transport.request(POD));
    await eventually(() => server.calls.length === 1);
    transport.close();
    expect((await failed).reason).toBe('Stopped');
    await eventually(() => server.connections() === 0);
    expect(clock.pending()).toBe(0);
  });

  it('works on the system clock', async () => {
    const real = createHttpTransport({
      credentials: async () => ({ origin: server.origin, headers: {}, tls: {} }),
      userAgent: 'slipway/test',
      clock: systemClock,
      maxSockets: 1,
    });
    server.fail('get', { kind: 'reset' });
    await expect(real.request(POD)).resolves.toMatchObject({ kind: 'Pod' });
    real.close();
  });
});
