import { describe, expect, it } from '@jest/globals';

import { createManualClock } from '../lib/manual-clock.ts';
import { createClient } from './client.ts';
import { EVENT_TYPE, createEventRecorder } from './events.ts';
import type { EventInput } from './events.ts';
import type { RawObject } from './resource.ts';
import { quiet } from './testing/eventually.ts';
import { createFakeStore } from './testing/fake-store.ts';
import { createFakeTransport } from './testing/fake-transport.ts';

function setUp(options: { maxQueued?: number } = {}) {
  const clock = createManualClock();
  const store = createFakeStore();
  const transport = createFakeTransport(store);
  const recorder = createEventRecorder({
    client: createClient(transport),
    clock,
    controller: 'slipway.dev/operator',
    instance: 'slipway-0',
    ...options,
  });
  const events = () => store.list(EVENT_TYPE);
  return { clock, store, transport, recorder, events };
}

function event(parts: Partial<EventInput> & { name?: string } = {}): EventInput {
  const { name = 'ledger', ...rest } = parts;
  return {
    regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'bank', name, uid: `uid-${name}` },
    type: 'Normal',
    reason: 'RolledBack',
    action: 'Rollback',
    note: 'went back to revision 6',
    ...rest,
  };
}

const series = (raw: RawObject | undefined) => raw?.['series'];

describe('event recorder', () => {
  it('writes an event as the API wants it', async () => {
    const { recorder, events } = setUp();
    recorder.record(event());
    await quiet();
    expect(events()).toMatchObject([
      {
        metadata: { namespace: 'bank' },
        type: 'Normal',
        reason: 'RolledBack',
        action: 'Rollback',
        note: 'went back to revision 6',
        reportingController: 'slipway.dev/operator',
        reportingInstance: 'slipway-0',
        regarding: { kind: 'Pod', name: 'ledger', uid: 'uid-ledger' },
        eventTime: '2026-01-01T00:00:00.000000Z',
      },
    ]);
    expect(events()[0]?.metadata.name).toMatch(/^ledger\.[0-9a-f]{16}$/);
  });

  it('counts repetitions in a series instead of writing them', async () => {
    const { clock, recorder, events } = setUp();
    for (let i = 0; i < 100; i++) recorder.record(event());
    await quiet();
    clock.advance(10_000);
    await quiet();
    expect(events()).toHaveLength(1);
    expect(series(events()[0])).toMatchObject({ count: 100 });
    expect(recorder.counts()).toMatchObject({ written: 2, dropped: 0 });
  });

  it('begins a new series after six quiet minutes', async () => {
    const { clock, recorder, events } = setUp();
    recorder.record(event());
    await quiet();
    clock.advance(360_000);
    recorder.record(event());
    await quiet();
    expect(events()).toHaveLength(2);
  });

  it('keeps apart what differs in object, reason or note', async () => {
    const { recorder, events } = setUp();
    recorder.record(event());
    recorder.record(event({ name: 'other' }));
    recorder.record(event({ reason: 'Promoted' }));
    recorder.record(event({ note: 'went back to revision 7' }));
    await quiet();
    expect(events()).toHaveLength(4);
  });

  it('cuts a flood about one object, and lets the others through', async () => {
    const { clock, recorder, events } = setUp();
    for (let i = 0; i < 100; i++) recorder.record(event({ note: `note ${i}` }));
    recorder.record(event({ name: 'other' }));
    await quiet(1000);
    expect(events()).toHaveLength(26);
    expect(recorder.counts().dropped).toBe(75);
    clock.advance(12_000);
    recorder.record(event({ note: 'one more' }));
    await quiet();
    expect(events()).toHaveLength(27);
  });

  it('drops what its queue cannot hold, and goes on', async () => {
    const { recorder, events } = setUp({ maxQueued: 3 });
    for (let i = 0; i < 10; i++) recorder.record(event({ name: `pod-${i}` }));
    await quiet(200);
    expect(events().length + recorder.counts().dropped).toBe(10);
    expect(recorder.counts().dropped).toBeGreaterThan(0);
    recorder.record(event({ name: 'later' }));
    await quiet();
    expect(events().map((each) => each.metadata.name?.slice(0, 5))).toContain('later');
  });

  it('writes an event once when the answer to it is lost', async () => {
    const { transport, recorder, events } = setUp();
    transport.failNext(-1);
    recorder.record(event());
    await quiet();
    expect(events()).toHaveLength(1);
    expect(recorder.counts()).toMatchObject({ written: 1, dropped: 0 });
  });

  it('tries again when the server is away for a moment, and gives up later', async () => {
    const { transport, recorder, events } = setUp();
    transport.failNext(500);
    transport.failNext(0);
    recorder.record(event());
    await quiet();
    expect(events()).toHaveLength(1);
    for (let i = 0; i < 3; i++) transport.failNext(500);
    recorder.record(event({ reason: 'Lost' }));
    await quiet();
    expect(events()).toHaveLength(1);
    expect(recorder.counts().dropped).toBe(1);
  });

  it('does not try again what the server refuses', async () => {
    const { transport, recorder } = setUp();
    transport.failNext(403);
    recorder.record(event());
    await quiet();
    expect(transport.calls).toHaveLength(1);
    expect(recorder.counts().dropped).toBe(1);
  });

  it('cuts a long note between characters', async () => {
    const { recorder, events } = setUp();
    recorder.record(event({ note: `${'x'.repeat(1020)}🚢🚢🚢` }));
    await quiet();
    const note = String(events()[0]?.['note']);
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
    expect(note).toMatch(/^x+…$/);
  });

  it('writes what is left when it stops, the counts of series included', async () => {
    const { clock, recorder, events } = setUp();
    recorder.record(event());
    await quiet();
    recorder.record(event());
    recorder.record(event({ reason: 'Promoted' }));
    await recorder.stop();
    expect(events()).toHaveLength(2);
    expect(series(events()[0])).toMatchObject({ count: 2 });
    recorder.record(event({ reason: 'TooLate' }));
    await quiet();
    expect(events()).toHaveLength(2);
    expect(clock.pending()).toBe(0);
  });
});
