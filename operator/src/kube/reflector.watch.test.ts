import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { eventually, quiet } from './testing/eventually.ts';
import { status } from './testing/fake-store.ts';
import { PODS, pod } from './testing/pods.ts';
import { createReflectorRig } from './testing/reflector-rig.ts';
import type { ReflectorRig } from './testing/reflector-rig.ts';

// For machines that are busy; nothing here waits for time to pass.
jest.setTimeout(60_000);

describe('reflector, when watching fails', () => {
  let rig: ReflectorRig;

  beforeEach(async () => {
    rig = await createReflectorRig();
    rig.put('x', 'red');
    await rig.start().synced;
    await rig.watching();
  });

  afterEach(() => rig.close());

  it('goes on after a reset from where it was, without a list', async () => {
    rig.server.watches()[0]?.reset();
    await eventually(() => rig.server.watches().length === 0);
    rig.put('x', 'green');
    await rig.passBackoff();
    await eventually(() => rig.colors()['a/x'] === 'green');
    expect(rig.count('list')).toBe(1);
    expect(rig.stats().reconnects.network).toBe(1);
  });

  it('goes on after an error inside the stream', async () => {
    rig.server.watches()[0]?.send({
      type: 'ERROR',
      object: status(500, { reason: 'InternalError', message: 'etcd' }),
    });
    await rig.passBackoff();
    rig.put('x', 'green');
    await eventually(() => rig.colors()['a/x'] === 'green');
    expect(rig.count('list')).toBe(1);
  });

  it('lists again at once after a 410, and tells what vanished meanwhile', async () => {
    rig.put('y', 'red');
    await eventually(() => rig.reflector().cache.size === 2);
    rig.server.watches()[0]?.hold();
    rig.server.store.remove(PODS, 'a', 'x');
    rig.put('z', 'red');
    rig.changes.length = 0;
    rig.server.store.compact();
    rig.server.watches()[0]?.end();
    rig.clock.advance(1500);
    await eventually(() => rig.stats().lists === 2);
    expect(rig.told()).toEqual(['deleted x', 'upserted z']);
    expect(rig.colors()).toEqual({ 'a/y': 'red', 'a/z': 'red' });
    expect(rig.changes[1]).toMatchObject({ initial: false });
  });

  it('lists at once also when the history is gone after other failures', async () => {
    rig.server.fail('watch', { kind: 'reset' }, 3);
    rig.server.watches()[0]?.reset();
    await eventually(() => rig.server.watches().length === 0);
    rig.put('x', 'green');
    rig.server.store.compact();
    for (let i = 0; i < 4; i++) await rig.passBackoff();
    await eventually(() => rig.stats().lists === 2);
    expect(rig.colors()).toEqual({ 'a/x': 'green' });
  });

  it('asks a relist to be no older than what it has seen', async () => {
    const seen = rig.reflector().resourceVersion();
    rig.server.watches()[0]?.send({
      type: 'ERROR',
      object: status(410, { reason: 'Expired', message: 'too old' }),
    });
    await eventually(() => rig.count('list') === 2);
    const query = rig.server.calls.findLast((call) => call.kind === 'list')?.query;
    expect(query?.get('resourceVersion')).toBe(seen);
    expect(query?.get('resourceVersionMatch')).toBe('NotOlderThan');
  });

  it('does not list more and more often while every watch is answered 410', async () => {
    rig.server.sendFrames(() => []);
    const expire = () => {
      for (const watch of rig.server.watches()) {
        watch.sendRaw(
          `${JSON.stringify({ type: 'ERROR', object: status(410, { reason: 'Gone', message: '' }) })}\n`,
        );
      }
    };
    const startedMs = rig.clock.monotonic();
    for (let round = 0; round < 10; round++) {
      await rig.watching();
      const before = rig.stats().reconnects.expired;
      expire();
      await eventually(() => rig.stats().reconnects.expired > before);
      if (rig.isWaiting()) rig.clock.advance(rig.clock.nextTimerMs() ?? 0);
    }
    // Ten expiries in a row: at once, then 1.6, 3.2, ... seconds apart, 30 at most.
    expect(rig.clock.monotonic() - startedMs).toBeGreaterThan(100_000);
    expect(rig.count('list')).toBeLessThanOrEqual(11);
  });

  it('does not ask thousands of times when each watch ends at once', async () => {
    rig.server.fail('watch', { kind: 'endAtOnce' }, 50);
    rig.server.watches()[0]?.reset();
    await rig.passBackoff();
    await eventually(() => rig.stats().reconnects.short === 1);
    await quiet();
    expect(rig.count('watch')).toBe(2);
  });

  it('forgets earlier failures after two minutes of health', async () => {
    for (const [aliveMs, waitMs] of [[0, 800], [1000, 1600], [120_000, 800]] as const) {
      await rig.watching();
      rig.clock.advance(aliveMs);
      rig.server.watches()[0]?.reset();
      await eventually(() => rig.isWaiting());
      expect(rig.clock.nextTimerMs()).toBe(waitMs);
      rig.clock.advance(waitMs);
    }
  });

  it.each([
    ['a line that is no JSON', '{"type":"ADDED","obj\n'],
    ['a line that is no event', '[1,2]\n'],
    ['an event without an object', '{"type":"ADDED","object":null}\n'],
  ])('goes on after %s', async (_, line) => {
    rig.server.watches()[0]?.sendRaw(line);
    await rig.passBackoff();
    rig.put('x', 'green');
    await eventually(() => rig.colors()['a/x'] === 'green');
    expect(rig.stats().reconnects.garbled).toBe(1);
  });

  it('loses nothing when a watch ends inside a line', async () => {
    rig.server.sendFrames((frame) => [frame.subarray(0, 30)]);
    rig.put('x', 'green');
    await quiet();
    rig.server.sendFrames((frame) => [frame]);
    rig.clock.advance(2000);
    rig.server.watches()[0]?.end();
    await eventually(() => rig.stats().events === 1);
    expect(rig.colors()).toEqual({ 'a/x': 'green' });
  });

  it('reads characters that are cut in two', async () => {
    rig.server.sendFrames((frame) => [...frame].map((byte) => Buffer.of(byte)));
    rig.put('x', 'grün 🚢');
    await eventually(() => rig.stats().events === 1);
    expect(rig.colors()).toEqual({ 'a/x': 'grün 🚢' });
  });

  it('reads a line of a megabyte', async () => {
    rig.server.store.put(PODS, { ...pod('a', 'x', 'green'), filler: 'ä'.repeat(500_000) });
    await eventually(() => rig.stats().events === 1);
    expect(rig.colors()).toEqual({ 'a/x': 'green' });
  });

  it('takes a repeated frame once, also after the object is gone', async () => {
    rig.server.sendFrames((frame) => [frame, frame]);
    rig.put('x', 'green');
    rig.server.store.remove(PODS, 'a', 'x');
    const revived = { ...pod('a', 'x', 'revived') };
    revived.metadata.resourceVersion = '101';
    rig.server.watches()[0]?.send({ type: 'ADDED', object: revived });
    rig.server.store.bookmark();
    await eventually(() => rig.stats().duplicates === 4);
    expect(rig.told()).toEqual(['upserted x', 'synced', 'upserted x', 'deleted x']);
    expect(rig.colors()).toEqual({});
  });

  it('waits for frames that are held back', async () => {
    rig.server.watches()[0]?.hold();
    rig.put('x', 'green');
    await quiet();
    expect(rig.colors()).toEqual({ 'a/x': 'red' });
    rig.server.watches()[0]?.release();
    await eventually(() => rig.colors()['a/x'] === 'green');
    expect(rig.count('watch')).toBe(1);
  });

  it('tells a new object of an old name from the old one', async () => {
    rig.server.watches()[0]?.hold();
    rig.server.store.remove(PODS, 'a', 'x');
    rig.put('x', 'red');
    rig.changes.length = 0;
    rig.server.store.compact();
    rig.server.watches()[0]?.end();
    rig.clock.advance(1500);
    await eventually(() => rig.stats().lists === 2);
    expect(rig.told()).toEqual(['deleted x', 'upserted x']);
    expect(rig.changes[1]).not.toHaveProperty('previous');
  });

  it('cuts a connection that went silent, 15 s after the server should have ended it', async () => {
    rig.server.watches()[0]?.goSilent();
    rig.put('x', 'green');
    rig.clock.advance(254_999);
    await quiet();
    expect(rig.count('watch')).toBe(1);
    rig.clock.advance(1);
    await rig.passBackoff();
    await eventually(() => rig.colors()['a/x'] === 'green');
    expect(rig.stats().reconnects.stalled).toBe(1);
  });

  it('leaves a quiet watch alone as long as bookmarks come', async () => {
    for (let minute = 0; minute < 8; minute++) {
      rig.clock.advance(60_000);
      const before = rig.reflector().lastEventAt();
      rig.server.store.bookmark();
      await eventually(() => rig.reflector().lastEventAt() !== before);
    }
    expect(rig.count('watch')).toBe(1);
  });

  it('does not follow a server back in time, however often it tries', async () => {
    const body = { metadata: { resourceVersion: '7' }, items: [] };
    const expired = status(410, { reason: 'Gone', message: '' });
    for (let i = 0; i < 4; i++) {
      await rig.watching();
      rig.server.fail('list', { kind: 'status', status: 200, body });
      rig.server.watches()[0]?.send({ type: 'ERROR', object: expired });
      // The relist after an expiry waits too, once there were others before.
      while (rig.stats().lists !== i + 2) {
        await quiet(5);
        if (rig.isWaiting()) await rig.passBackoff();
      }
    }
    expect(rig.told()).toEqual(['upserted x', 'synced']);
    expect(rig.colors()).toEqual({ 'a/x': 'red' });
  });

  it('believes a restored backup after asking three times', async () => {
    rig.server.store.restore(50);
    rig.put('restored', 'blue');
    rig.server.watches()[0]?.send({ type: 'ERROR', object: status(410, { reason: 'Gone', message: '' }) });
    // Refused because the version asked for is in the future, then older answers.
    for (let i = 0; i < 3; i++) await rig.passBackoff();
    await eventually(() => rig.stats().lists === 2);
    expect(rig.colors()).toEqual({ 'a/restored': 'blue' });
  });
});
