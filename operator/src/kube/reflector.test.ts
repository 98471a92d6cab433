import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { createManualClock } from '../lib/manual-clock.ts';
import type { ManualClock } from '../lib/manual-clock.ts';
import { createHttpTransport } from './http-transport.ts';
import { startReflector } from './reflector.ts';
import type { Change, Reflector, ReflectorOptions } from './reflector.ts';
import { eventually, quiet } from './testing/eventually.ts';
import { startFakeApiServer } from './testing/fake-api-server.ts';
import type { FakeApiServer, Fault } from './testing/fake-api-server.ts';
import { status } from './testing/fake-store.ts';
import { PODS, pod, toSmallPod } from './testing/pods.ts';
import type { SmallPod } from './testing/pods.ts';
import type { Transport } from './transport.ts';

describe('reflector', () => {
  let server: FakeApiServer;
  let clock: ManualClock;
  let transport: Transport;
  let reflector: Reflector<SmallPod> | undefined;
  let changes: Change<SmallPod>[];

  beforeEach(async () => {
    server = await startFakeApiServer();
    clock = createManualClock();
    changes = [];
    transport = createHttpTransport({
      credentials: async () => ({ origin: server.origin, headers: {}, tls: {} }),
      userAgent: 'slipway/test',
      clock,
      maxSockets: 4,
    });
  });

  afterEach(async () => {
    await reflector?.stop();
    transport.close();
    await server.close();
  });

  function start(options: Partial<ReflectorOptions<SmallPod>> = {}): Reflector<SmallPod> {
    reflector = startReflector({
      transport,
      type: PODS,
      project: toSmallPod,
      onChange: (change) => changes.push(change),
      clock,
      random: () => 0,
      ...options,
    });
    return reflector;
  }

  /** What the cache says, for comparing with what the server has. */
  function colors(): Record<string, string> {
    const pods = reflector?.cache.list() ?? [];
    return Object.fromEntries(pods.map((each) => [`${each.namespace}/${each.name}`, each.color]));
  }

  function put(name: string, color: string): void {
    server.store.put(PODS, pod('a', name, color));
  }

  const count = (kind: string) => server.calls.filter((call) => call.kind === kind).length;
  const told = () =>
    changes.map((change) =>
      change.kind === 'synced' ? 'synced' : `${change.kind} ${change.object.name}`,
    );
  const watching = () =>
    eventually(
      () => server.watches().length === 1 && reflector?.stats().state === 'watching',
      'a watch is open at both ends',
    );
  const isWaiting = () => reflector?.stats().state === 'waiting' && clock.pending() > 0;
  /** Waits for a failure to be noticed, then lets its backoff pass. */
  async function passBackoff(): Promise<void> {
    await eventually(() => isWaiting(), 'waiting for the backoff');
    clock.advance(clock.nextTimerMs() ?? 0);
  }

  describe('in good times', () => {
    it('lists, says so once, and follows every change', async () => {
      put('x', 'red');
      await start().synced;
      expect(told()).toEqual(['upserted x', 'synced']);
      put('y', 'blue');
      put('x', 'green');
      server.store.remove(PODS, 'a', 'y');
      await eventually(() => changes.length === 5);
      expect(told().slice(2)).toEqual(['upserted y', 'upserted x', 'deleted y']);
      expect(colors()).toEqual({ 'a/x': 'green' });
      expect(reflector?.resourceVersion()).toBe(server.store.resourceVersion());
    });

    it('hands over what changed, and which objects are from the first list', async () => {
      put('x', 'red');
      await start().synced;
      put('x', 'green');
      await eventually(() => changes.length === 3);
      expect(changes[0]).toMatchObject({ initial: true, object: { color: 'red' } });
      expect(changes[2]).toMatchObject({
        initial: false,
        object: { color: 'green' },
        previous: { color: 'red' },
      });
    });

    it('lists page by page', async () => {
      for (let i = 0; i < 1001; i++) put(`p${i}`, 'red');
      await start().synced;
      expect(reflector?.cache.size).toBe(1001);
      expect(server.calls.filter((call) => call.kind === 'list').map(limitOf)).toEqual([
        '500', '500', '500',
      ]);
    });

    it('gives listed and watched objects the same shape, read only', async () => {
      put('x', 'red');
      await start().synced;
      put('y', 'red');
      await eventually(() => reflector?.cache.size === 2);
      const [x, y] = [reflector?.cache.get('a', 'x'), reflector?.cache.get('a', 'y')];
      expect(x?.kind).toBe('Pod');
      expect(y?.kind).toBe('Pod');
      expect(Object.isFrozen(x)).toBe(true);
      expect(Object.isFrozen(y)).toBe(true);
    });

    it('sees an object that leaves the selection as deleted', async () => {
      put('x', 'red');
      await start({ labelSelector: 'color=red' }).synced;
      put('x', 'blue');
      await eventually(() => told().includes('deleted x'));
      expect(colors()).toEqual({});
    });

    it('asks for metadata only under the name that lists have', async () => {
      const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
      await start({ accept }).synced;
      await watching();
      expect(server.calls[0]?.headers.accept).toBe(
        'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      );
      expect(server.calls[1]?.headers.accept).toBe(accept);
    });

    it('moves its version with bookmarks, so that a quiet watch can go on later', async () => {
      await start().synced;
      await watching();
      // Something else was written: only the bookmark tells.
      server.store.put({ ...PODS, plural: 'nodes' }, pod('', 'n'));
      server.store.bookmark();
      await eventually(() => reflector?.resourceVersion() === server.store.resourceVersion());
      expect(changes).toEqual([{ kind: 'synced' }]);
      server.watches()[0]?.end();
      clock.advance(2000);
      server.store.compact();
      await quiet();
      expect(reflector?.stats().lists).toBe(1);
    });

    it('asks each watch to end after four to five minutes, and goes on from where it was', async () => {
      put('x', 'red');
      await start().synced;
      await watching();
      expect(server.watches()[0]?.query.get('timeoutSeconds')).toBe('240');
      clock.advance(240_000);
      server.watches()[0]?.end();
      await eventually(() => count('watch') === 2);
      expect(server.calls.at(-1)?.query.get('resourceVersion')).toBe(reflector?.resourceVersion());
      expect(count('list')).toBe(1);
      expect(reflector?.stats().reconnects.ended).toBe(1);
    });
  });

  describe('when listing fails', () => {
    it.each<[string, Fault]>([
      ['an answer of 500', { kind: 'status', status: 500 }],
      ['a 403, until somebody grants it', { kind: 'status', status: 403 }],
      ['a 404, until the CRD is there', { kind: 'status', status: 404 }],
      ['a reset connection', { kind: 'reset' }],
      ['an answer that is no JSON', { kind: 'status', status: 200, body: '<html>' }],
    ])('tries again after %s', async (_, fault) => {
      put('x', 'red');
      server.fail('list', fault);
      start();
      await passBackoff();
      await reflector?.synced;
      expect(colors()).toEqual({ 'a/x': 'red' });
    });

    it('never gives up, and never asks more often than every 30 s in the end', async () => {
      server.fail('list', { kind: 'status', status: 500 }, 12);
      start();
      const waitedMs: number[] = [];
      for (let i = 0; i < 12; i++) {
        await eventually(() => count('list') === i + 1 && isWaiting());
        waitedMs.push(clock.nextTimerMs() ?? 0);
        clock.advance(clock.nextTimerMs() ?? 0);
      }
      await reflector?.synced;
      expect(waitedMs.slice(0, 4)).toEqual([800, 1600, 3200, 6400]);
      expect(waitedMs.at(-1)).toBe(30_000);
    });

    it('waits as long as a 429 asks', async () => {
      server.fail('list', { kind: 'status', status: 429, headers: { 'retry-after': '20' } });
      start();
      await eventually(() => isWaiting());
      expect(clock.nextTimerMs()).toBe(20_000);
      clock.advance(20_000);
      await reflector?.synced;
    });

    it('starts over when the pages outlived the history', async () => {
      for (let i = 0; i < 600; i++) put(`p${i}`, 'red');
      let isFirst = true;
      const project = (raw: Parameters<typeof toSmallPod>[0]) => {
        if (isFirst) {
          put('new', 'red');
          server.store.compact();
        }
        isFirst = false;
        return toSmallPod(raw);
      };
      await start({ project }).synced;
      expect(reflector?.cache.size).toBe(601);
      expect(reflector?.stats()).toMatchObject({ lists: 1, reconnects: { expired: 1 } });
    });

    it('does not wait forever for a list that does not come', async () => {
      server.fail('list', { kind: 'silence' });
      start();
      await eventually(() => count('list') === 1);
      clock.advance(60_000);
      await passBackoff();
      await reflector?.synced;
      expect(count('list')).toBe(2);
    });

    it('goes on with the page that failed', async () => {
      for (let i = 0; i < 600; i++) put(`p${i}`, 'red');
      const pages = () => server.calls.filter((call) => call.query.has('continue'));
      // The fault for the second page is set while the first is answered.
      const project = (raw: Parameters<typeof toSmallPod>[0]) => {
        if (raw.metadata.name === 'p0') server.fail('list', { kind: 'status', status: 500 });
        return toSmallPod(raw);
      };
      start({ project });
      await passBackoff();
      await reflector?.synced;
      expect(reflector?.cache.size).toBe(600);
      expect(pages().map((call) => call.query.get('continue'))).toEqual(['page-1', 'page-1']);
    });
  });

  describe('when watching fails', () => {
    beforeEach(async () => {
      put('x', 'red');
      await start().synced;
      await watching();
    });

    it('goes on after a reset from where it was, without a list', async () => {
      server.watches()[0]?.reset();
      await eventually(() => server.watches().length === 0);
      put('x', 'green');
      await passBackoff();
      await eventually(() => colors()['a/x'] === 'green');
      expect(count('list')).toBe(1);
      expect(reflector?.stats().reconnects.network).toBe(1);
    });

    it('goes on after an error inside the stream', async () => {
      server.watches()[0]?.send({
        type: 'ERROR',
        object: status(500, { reason: 'InternalError', message: 'etcd' }),
      });
      await passBackoff();
      put('x', 'green');
      await eventually(() => colors()['a/x'] === 'green');
      expect(count('list')).toBe(1);
    });

    it('lists again at once after a 410, and tells what vanished meanwhile', async () => {
      put('y', 'red');
      await eventually(() => reflector?.cache.size === 2);
      server.watches()[0]?.hold();
      server.store.remove(PODS, 'a', 'x');
      put('z', 'red');
      changes = [];
      server.store.compact();
      server.watches()[0]?.end();
      clock.advance(1500);
      await eventually(() => reflector?.stats().lists === 2);
      expect(told()).toEqual(['deleted x', 'upserted z']);
      expect(colors()).toEqual({ 'a/y': 'red', 'a/z': 'red' });
      expect(changes[1]).toMatchObject({ initial: false });
    });

    it('asks a relist to be no older than what it has seen', async () => {
      const seen = reflector?.resourceVersion();
      server.watches()[0]?.send({
        type: 'ERROR',
        object: status(410, { reason: 'Expired', message: 'too old' }),
      });
      await eventually(() => count('list') === 2);
      const query = server.calls.findLast((call) => call.kind === 'list')?.query;
      expect(query?.get('resourceVersion')).toBe(seen);
      expect(query?.get('resourceVersionMatch')).toBe('NotOlderThan');
    });

    it('does not list more and more often while every watch is answered 410', async () => {
      server.sendFrames(() => []);
      const expire = () => {
        for (const watch of server.watches()) {
          watch.sendRaw(
            `${JSON.stringify({ type: 'ERROR', object: status(410, { reason: 'Gone', message: '' }) })}\n`,
          );
        }
      };
      const startedMs = clock.monotonic();
      for (let round = 0; round < 10; round++) {
        await watching();
        const before = reflector?.stats().reconnects.expired ?? 0;
        expire();
        await eventually(() => (reflector?.stats().reconnects.expired ?? 0) > before);
        if (isWaiting()) clock.advance(clock.nextTimerMs() ?? 0);
      }
      // Ten expiries in a row: at once, then 1.6, 3.2, ... seconds apart, 30 at most.
      expect(clock.monotonic() - startedMs).toBeGreaterThan(100_000);
      expect(count('list')).toBeLessThanOrEqual(11);
    });

    it('does not ask thousands of times when each watch ends at once', async () => {
      server.fail('watch', { kind: 'endAtOnce' }, 50);
      server.watches()[0]?.reset();
      await passBackoff();
      await eventually(() => reflector?.stats().reconnects.short === 1);
      await quiet();
      expect(count('watch')).toBe(2);
    });

    it('forgets earlier failures after two minutes of health', async () => {
      for (const [aliveMs, waitMs] of [[0, 800], [1000, 1600], [120_000, 800]] as const) {
        await watching();
        clock.advance(aliveMs);
        server.watches()[0]?.reset();
        await eventually(() => isWaiting());
        expect(clock.nextTimerMs()).toBe(waitMs);
        clock.advance(waitMs);
      }
    });

    it.each([
      ['a line that is no JSON', '{"type":"ADDED","obj\n'],
      ['a line that is no event', '[1,2]\n'],
      ['an event without an object', '{"type":"ADDED","object":null}\n'],
    ])('goes on after %s', async (_, line) => {
      server.watches()[0]?.sendRaw(line);
      await passBackoff();
      put('x', 'green');
      await eventually(() => colors()['a/x'] === 'green');
      expect(reflector?.stats().reconnects.garbled).toBe(1);
    });

    it('loses nothing when a watch ends inside a line', async () => {
      server.sendFrames((frame) => [frame.subarray(0, 30)]);
      put('x', 'green');
      await quiet();
      server.sendFrames((frame) => [frame]);
      clock.advance(2000);
      server.watches()[0]?.end();
      await eventually(() => (reflector?.stats().events ?? 0) === 1);
      expect(colors()).toEqual({ 'a/x': 'green' });
    });

    it('reads characters that are cut in two', async () => {
      server.sendFrames((frame) => [...frame].map((byte) => Buffer.of(byte)));
      put('x', 'grün 🚢');
      await eventually(() => (reflector?.stats().events ?? 0) === 1);
      expect(colors()).toEqual({ 'a/x': 'grün 🚢' });
    });

    it('reads a line of a megabyte', async () => {
      server.store.put(PODS, { ...pod('a', 'x', 'green'), filler: 'ä'.repeat(500_000) });
      await eventually(() => (reflector?.stats().events ?? 0) === 1);
      expect(colors()).toEqual({ 'a/x': 'green' });
    });

    it('takes a repeated frame once, also after the object is gone', async () => {
      server.sendFrames((frame) => [frame, frame]);
      put('x', 'green');
      server.store.remove(PODS, 'a', 'x');
      const revived = { ...pod('a', 'x', 'revived') };
      revived.metadata.resourceVersion = '101';
      server.watches()[0]?.send({ type: 'ADDED', object: revived });
      server.store.bookmark();
      await eventually(() => reflector?.stats().duplicates === 4);
      expect(told()).toEqual(['upserted x', 'synced', 'upserted x', 'deleted x']);
      expect(colors()).toEqual({});
    });

    it('waits for frames that are held back', async () => {
      server.watches()[0]?.hold();
      put('x', 'green');
      await quiet();
      expect(colors()).toEqual({ 'a/x': 'red' });
      server.watches()[0]?.release();
      await eventually(() => colors()['a/x'] === 'green');
      expect(count('watch')).toBe(1);
    });

    it('tells a new object of an old name from the old one', async () => {
      server.watches()[0]?.hold();
      server.store.remove(PODS, 'a', 'x');
      put('x', 'red');
      changes = [];
      server.store.compact();
      server.watches()[0]?.end();
      clock.advance(1500);
      await eventually(() => reflector?.stats().lists === 2);
      expect(told()).toEqual(['deleted x', 'upserted x']);
      expect(changes[1]).not.toHaveProperty('previous');
    });

    it('cuts a connection that went silent, 15 s after the server should have ended it', async () => {
      server.watches()[0]?.goSilent();
      put('x', 'green');
      clock.advance(254_999);
      await quiet();
      expect(count('watch')).toBe(1);
      clock.advance(1);
      await passBackoff();
      await eventually(() => colors()['a/x'] === 'green');
      expect(reflector?.stats().reconnects.stalled).toBe(1);
    });

    it('leaves a quiet watch alone as long as bookmarks come', async () => {
      for (let minute = 0; minute < 8; minute++) {
        clock.advance(60_000);
        const before = reflector?.lastEventAt();
        server.store.bookmark();
        await eventually(() => reflector?.lastEventAt() !== before);
      }
      expect(count('watch')).toBe(1);
    });

    it('does not follow a server back in time, however often it tries', async () => {
      const body = { metadata: { resourceVersion: '7' }, items: [] };
      const expired = status(410, { reason: 'Gone', message: '' });
      for (let i = 0; i < 4; i++) {
        await watching();
        server.fail('list', { kind: 'status', status: 200, body });
        server.watches()[0]?.send({ type: 'ERROR', object: expired });
        // The relist after an expiry waits too, once there were others before.
        while (reflector?.stats().lists !== i + 2) {
          await quiet(5);
          if (isWaiting()) await passBackoff();
        }
      }
      expect(told()).toEqual(['upserted x', 'synced']);
      expect(colors()).toEqual({ 'a/x': 'red' });
    });

    it('believes a restored backup after asking three times', async () => {
      server.store.restore(50);
      put('restored', 'blue');
      server.watches()[0]?.send({ type: 'ERROR', object: status(410, { reason: 'Gone', message: '' }) });
      // Refused because the version asked for is in the future, then older answers.
      for (let i = 0; i < 3; i++) await passBackoff();
      await eventually(() => reflector?.stats().lists === 2);
      expect(colors()).toEqual({ 'a/restored': 'blue' });
    });
  });

  describe('with users that fail', () => {
    it('goes on when a handler throws, in the list and later', async () => {
      put('x', 'red');
      start({
        onChange: () => {
          throw new Error('bug');
        },
      });
      await reflector?.synced;
      put('y', 'red');
      await eventually(() => reflector?.cache.size === 2);
      expect(reflector?.stats().handlerErrors).toBe(3);
    });

    it('leaves out an object it cannot read, and keeps all others', async () => {
      put('bad', 'red');
      put('good', 'red');
      start({
        project: (raw) => {
          if (raw.metadata.name === 'bad') throw new Error('cannot read');
          return toSmallPod(raw);
        },
      });
      await reflector?.synced;
      expect(colors()).toEqual({ 'a/good': 'red' });
      expect(reflector?.stats().projectionErrors).toBe(1);
    });
  });

  describe('when stopped', () => {
    it('closes its watch and leaves no timer', async () => {
      await start().synced;
      await watching();
      await reflector?.stop();
      await eventually(() => server.watches().length === 0);
      expect(clock.pending()).toBe(0);
      expect(reflector?.stats().state).toBe('stopped');
    });

    it('leaves nothing open when it was just connecting', async () => {
      await start().synced;
      await reflector?.stop();
      await quiet();
      expect(server.watches()).toHaveLength(0);
      expect(clock.pending()).toBe(0);
    });

    it('leaves nothing open when the server had not answered yet', async () => {
      server.fail('list', { kind: 'silence' });
      start();
      await eventually(() => count('list') === 1);
      await reflector?.stop();
      await expect(reflector?.synced).rejects.toThrow('stopped before its list');
      await eventually(() => server.connections() === 0);
      expect(clock.pending()).toBe(0);
    });

    it('does not wait for its backoff', async () => {
      server.fail('list', { kind: 'reset' });
      start();
      await eventually(() => isWaiting());
      await reflector?.stop();
      expect(clock.pending()).toBe(0);
    });

    it('reports nothing afterwards', async () => {
      await start().synced;
      await watching();
      const stopped = reflector?.stop();
      put('late', 'red');
      await stopped;
      await quiet();
      expect(told()).toEqual(['synced']);
    });
  });
});

function limitOf(call: { query: URLSearchParams }): string | null {
  return call.query.get('limit');
}
