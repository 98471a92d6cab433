import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { eventually, quiet } from './testing/eventually.ts';
import type { Fault } from './testing/fake-api-server.ts';
import { PODS, pod, toSmallPod } from './testing/pods.ts';
import { createReflectorRig } from './testing/reflector-rig.ts';
import type { ReflectorRig } from './testing/reflector-rig.ts';

// For machines that are busy; nothing here waits for time to pass.
jest.setTimeout(60_000);

describe('reflector', () => {
  let rig: ReflectorRig;

  beforeEach(async () => {
    rig = await createReflectorRig();
  });

  afterEach(() => rig.close());

  describe('in good times', () => {
    it('lists, says so once, and follows every change', async () => {
      rig.put('x', 'red');
      await rig.start().synced;
      expect(rig.told()).toEqual(['upserted x', 'synced']);
      rig.put('y', 'blue');
      rig.put('x', 'green');
      rig.server.store.remove(PODS, 'a', 'y');
      await eventually(() => rig.changes.length === 5);
      expect(rig.told().slice(2)).toEqual(['upserted y', 'upserted x', 'deleted y']);
      expect(rig.colors()).toEqual({ 'a/x': 'green' });
      expect(rig.reflector().resourceVersion()).toBe(rig.server.store.resourceVersion());
    });

    it('hands over what changed, and which objects are from the first list', async () => {
      rig.put('x', 'red');
      await rig.start().synced;
      rig.put('x', 'green');
      await eventually(() => rig.changes.length === 3);
      expect(rig.changes[0]).toMatchObject({ initial: true, object: { color: 'red' } });
      expect(rig.changes[2]).toMatchObject({
        initial: false,
        object: { color: 'green' },
        previous: { color: 'red' },
      });
    });

    it('lists page by page', async () => {
      for (let i = 0; i < 1001; i++) rig.put(`p${i}`, 'red');
      await rig.start().synced;
      expect(rig.reflector().cache.size).toBe(1001);
      expect(rig.server.calls.filter((call) => call.kind === 'list').map(limitOf)).toEqual([
        '500', '500', '500',
      ]);
    });

    it('gives listed and watched objects the same shape, read only', async () => {
      rig.put('x', 'red');
      await rig.start().synced;
      rig.put('y', 'red');
      await eventually(() => rig.reflector().cache.size === 2);
      const [x, y] = [rig.reflector().cache.get('a', 'x'), rig.reflector().cache.get('a', 'y')];
      expect(x?.kind).toBe('Pod');
      expect(y?.kind).toBe('Pod');
      expect(Object.isFrozen(x)).toBe(true);
      expect(Object.isFrozen(y)).toBe(true);
    });

    it('sees an object that leaves the selection as deleted', async () => {
      rig.put('x', 'red');
      await rig.start({ labelSelector: 'color=red' }).synced;
      rig.put('x', 'blue');
      await eventually(() => rig.told().includes('deleted x'));
      expect(rig.colors()).toEqual({});
    });

    it('asks for metadata only under the name that lists have', async () => {
      const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
      await rig.start({ accept }).synced;
      await rig.watching();
      expect(rig.server.calls[0]?.headers.accept).toBe(
        'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      );
      expect(rig.server.calls[1]?.headers.accept).toBe(accept);
    });

    it('moves its version with bookmarks, so that a quiet watch can go on later', async () => {
      await rig.start().synced;
      await rig.watching();
      // Something else was written: only the bookmark tells.
      rig.server.store.put({ ...PODS, plural: 'nodes' }, pod('', 'n'));
      rig.server.store.bookmark();
      await eventually(() => rig.reflector().resourceVersion() === rig.server.store.resourceVersion());
      expect(rig.changes).toEqual([{ kind: 'synced' }]);
      rig.server.watches()[0]?.end();
      rig.clock.advance(2000);
      rig.server.store.compact();
      await quiet();
      expect(rig.stats().lists).toBe(1);
    });

    it('asks each watch to end after four to five minutes, and goes on from where it was', async () => {
      rig.put('x', 'red');
      await rig.start().synced;
      await rig.watching();
      expect(rig.server.watches()[0]?.query.get('timeoutSeconds')).toBe('240');
      rig.clock.advance(240_000);
      rig.server.watches()[0]?.end();
      await eventually(() => rig.count('watch') === 2);
      expect(rig.server.calls.at(-1)?.query.get('resourceVersion')).toBe(rig.reflector().resourceVersion());
      expect(rig.count('list')).toBe(1);
      expect(rig.stats().reconnects.ended).toBe(1);
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
      rig.put('x', 'red');
      rig.server.fail('list', fault);
      rig.start();
      await rig.passBackoff();
      await rig.reflector().synced;
      expect(rig.colors()).toEqual({ 'a/x': 'red' });
    });

    it('never gives up, and never asks more often than every 30 s in the end', async () => {
      rig.server.fail('list', { kind: 'status', status: 500 }, 12);
      rig.start();
      const waitedMs: number[] = [];
      for (let i = 0; i < 12; i++) {
        await eventually(() => rig.count('list') === i + 1 && rig.isWaiting());
        waitedMs.push(rig.clock.nextTimerMs() ?? 0);
        rig.clock.advance(rig.clock.nextTimerMs() ?? 0);
      }
      await rig.reflector().synced;
      expect(waitedMs.slice(0, 4)).toEqual([800, 1600, 3200, 6400]);
      expect(waitedMs.at(-1)).toBe(30_000);
    });

    it('waits as long as a 429 asks', async () => {
      rig.server.fail('list', { kind: 'status', status: 429, headers: { 'retry-after': '20' } });
      rig.start();
      await eventually(() => rig.isWaiting());
      expect(rig.clock.nextTimerMs()).toBe(20_000);
      rig.clock.advance(20_000);
      await rig.reflector().synced;
    });

    it('starts over when the pages outlived the history', async () => {
      for (let i = 0; i < 600; i++) rig.put(`p${i}`, 'red');
      let isFirst = true;
      const project = (raw: Parameters<typeof toSmallPod>[0]) => {
        if (isFirst) {
          rig.put('new', 'red');
          rig.server.store.compact();
        }
        isFirst = false;
        return toSmallPod(raw);
      };
      await rig.start({ project }).synced;
      expect(rig.reflector().cache.size).toBe(601);
      expect(rig.stats()).toMatchObject({ lists: 1, reconnects: { expired: 1 } });
    });

    it('does not wait forever for a list that does not come', async () => {
      rig.server.fail('list', { kind: 'silence' });
      rig.start();
      await eventually(() => rig.count('list') === 1);
      rig.clock.advance(60_000);
      await rig.passBackoff();
      await rig.reflector().synced;
      expect(rig.count('list')).toBe(2);
    });

    it('goes on with the page that failed', async () => {
      for (let i = 0; i < 600; i++) rig.put(`p${i}`, 'red');
      const pages = () => rig.server.calls.filter((call) => call.query.has('continue'));
      // The fault for the second page is set while the first is answered.
      const project = (raw: Parameters<typeof toSmallPod>[0]) => {
        if (raw.metadata.name === 'p0') rig.server.fail('list', { kind: 'status', status: 500 });
        return toSmallPod(raw);
      };
      rig.start({ project });
      await rig.passBackoff();
      await rig.reflector().synced;
      expect(rig.reflector().cache.size).toBe(600);
      expect(pages().map((call) => call.query.get('continue'))).toEqual(['page-1', 'page-1']);
    });
  });

  describe('with users that fail', () => {
    it('goes on when a handler throws, in the list and later', async () => {
      rig.put('x', 'red');
      rig.start({
        onChange: () => {
          throw new Error('bug');
        },
      });
      await rig.reflector().synced;
      rig.put('y', 'red');
      await eventually(() => rig.reflector().cache.size === 2);
      expect(rig.stats().handlerErrors).toBe(3);
    });

    it('leaves out an object it cannot read, and keeps all others', async () => {
      rig.put('bad', 'red');
      rig.put('good', 'red');
      rig.start({
        project: (raw) => {
          if (raw.metadata.name === 'bad') throw new Error('cannot read');
          return toSmallPod(raw);
        },
      });
      await rig.reflector().synced;
      expect(rig.colors()).toEqual({ 'a/good': 'red' });
      expect(rig.stats().projectionErrors).toBe(1);
    });
  });

  describe('when stopped', () => {
    it('closes its watch and leaves no timer', async () => {
      await rig.start().synced;
      await rig.watching();
      await rig.reflector().stop();
      await eventually(() => rig.server.watches().length === 0);
      expect(rig.clock.pending()).toBe(0);
      expect(rig.stats().state).toBe('stopped');
    });

    it('leaves nothing open when it was just connecting', async () => {
      await rig.start().synced;
      await rig.reflector().stop();
      await quiet();
      expect(rig.server.watches()).toHaveLength(0);
      expect(rig.clock.pending()).toBe(0);
    });

    it('leaves nothing open when the server had not answered yet', async () => {
      rig.server.fail('list', { kind: 'silence' });
      rig.start();
      await eventually(() => rig.count('list') === 1);
      await rig.reflector().stop();
      await expect(rig.reflector().synced).rejects.toThrow('stopped before its list');
      await eventually(() => rig.server.connections() === 0);
      expect(rig.clock.pending()).toBe(0);
    });

    it('does not wait for its backoff', async () => {
      rig.server.fail('list', { kind: 'reset' });
      rig.start();
      await eventually(() => rig.isWaiting());
      await rig.reflector().stop();
      expect(rig.clock.pending()).toBe(0);
    });

    it('reports nothing afterwards', async () => {
      await rig.start().synced;
      await rig.watching();
      const stopped = rig.reflector().stop();
      rig.put('late', 'red');
      await stopped;
      await quiet();
      expect(rig.told()).toEqual(['synced']);
    });
  });
});

function limitOf(call: { query: URLSearchParams }): string | null {
  return call.query.get('limit');
}
