import { describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';

import { createManualClock } from '../lib/manual-clock.ts';
import type { ManualClock } from '../lib/manual-clock.ts';
import { createClient } from './client.ts';
import { createHttpTransport } from './http-transport.ts';
import { LEASE_TYPE, startElector } from './lease.ts';
import type { LeaseElector } from './lease.ts';
import { eventually, quiet, turn } from './testing/eventually.ts';
import { startFakeApiServer } from './testing/fake-api-server.ts';
import { createFakeStore } from './testing/fake-store.ts';
import type { FakeStore } from './testing/fake-store.ts';
import { createFakeTransport } from './testing/fake-transport.ts';
import type { FakeTransport } from './testing/fake-transport.ts';

// For machines that are busy; nothing here waits for time to pass.
jest.setTimeout(60_000);

type Candidate = {
  readonly clock: ManualClock;
  readonly transport: FakeTransport;
  readonly elector: LeaseElector;
  readonly told: string[];
};

function candidate(store: FakeStore, identity: string): Candidate {
  const clock = createManualClock();
  const transport = createFakeTransport(store);
  const told: string[] = [];
  const elector = startElector({
    client: createClient(transport),
    clock,
    namespace: 'slipway',
    name: 'slipway-test',
    identity,
    onElected: (epoch) => told.push(`elected ${epoch}`),
    onLost: () => told.push('lost'),
  });
  return { clock, transport, elector, told };
}

/** Lets time go by for all of them in small steps, with their calls carried out in between. */
async function pass(candidates: readonly Candidate[], ms: number): Promise<void> {
  const STEP_MS = 250;
  await turn();
  for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
    for (const { clock } of candidates) clock.advance(Math.min(STEP_MS, ms - passedMs));
    await turn();
  }
}

const lease = (store: FakeStore) =>
  store.get(LEASE_TYPE, 'slipway', 'slipway-test')?.['spec'] as Record<string, unknown>;

describe('lease elector', () => {
  it('elects the first that comes, and keeps it', async () => {
    const store = createFakeStore();
    const a = candidate(store, 'a');
    await pass([a], 100);
    const b = candidate(store, 'b');
    await pass([a, b], 120_000);
    expect(a.elector.isLeader()).toBe(true);
    expect(b.elector.isLeader()).toBe(false);
    expect(a.told).toHaveLength(1);
    expect(lease(store)).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15 });
    await Promise.all([a.elector.stop(), b.elector.stop()]);
  });

  it('writes times the way a Lease wants them', async () => {
    const store = createFakeStore();
    const a = candidate(store, 'a');
    await pass([a], 100);
    expect(lease(store)['renewTime']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    await a.elector.stop();
  });

  it('lets a follower take over within two seconds of a clean stop, with a higher epoch', async () => {
    const store = createFakeStore();
    const a = candidate(store, 'a');
    await pass([a], 100);
    const b = candidate(store, 'b');
    await pass([a, b], 10_000);
    const epoch = a.elector.epoch() ?? 0;
    await a.elector.stop();
    expect(a.elector.isLeader()).toBe(false);
    expect(lease(store)).toMatchObject({ holderIdentity: '' });
    await pass([b], 1999);
    expect(b.elector.isLeader()).toBe(true);
    expect(b.elector.epoch()).toBe(epoch + 1);
    expect(a.told).not.toContain('lost');
    await b.elector.stop();
  });

  it('lets a follower take over from a dead leader only when the lease has run out', async () => {
    const store = createFakeStore();
    const a = candidate(store, 'a');
    await pass([a], 100);
    const b = candidate(store, 'b');
    await pass([a, b], 10_000);
    // a is dead: its clock does not move any more.
    await pass([b], 14_000);
    expect(b.elector.isLeader()).toBe(false);
    await pass([b], 4000);
    expect(b.elector.isLeader()).toBe(true);
    await b.elector.stop();
  });

  it('knows after a freeze that it no longer leads, before any timer or call runs', async () => {
    const store = createFakeStore();
    const a = candidate(store, 'a');
    await pass([a], 3000);
    expect(a.elector.isLeader()).toBe(true);
    a.clock.freeze(10_001);
    expect(a.elector.isLeader()).toBe(false);
    await pass([a], 0);
    expect(a.told).not.toContain('lost');
    a.clock.advance(0);
    await turn();
    expect(a.told).toContain('lost');
    await a.elector.stop();
  });

  it('knows it too when only the wall clock went on, as in a paused virtual machine', async () => {
    const store = createFakeStore();
    const clock = createManualClock();
    let pausedMs = 0;
    const elector = startElector({
      client: createClient(createFakeTransport(store)),
      clock: { ...clock, now: () => createManualClock(clock.now() + pausedMs).now() },
      namespace: 'slipway',
      name: 'slipway-test',
      identity: 'a',
      onElected: () => undefined,
      onLost: () => undefined,
    });
    await turn();
    expect(elector.isLeader()).toBe(true);
    pausedMs = 20_000;
    expect(elector.isLeader()).toBe(false);
    await elector.stop();
  });

  it('stops believing when renewals fail, and says so', async () => {
    const store = createFakeStore();
    const a = candidate(store, 'a');
    await pass([a], 100);
    for (let i = 0; i < 20; i++) a.transport.failNext(500);
    await pass([a], 9000);
    expect(a.elector.isLeader()).toBe(true);
    await pass([a], 2000);
    expect(a.elector.isLeader()).toBe(false);
    expect(a.told.at(-1)).toBe('lost');
    await a.elector.stop();
  });

  it('survives a few failed renewals and lost answers', async () => {
    const store = createFakeStore();
    const a = candidate(store, 'a');
    await pass([a], 100);
    for (const status of [500, -1, 0]) a.transport.failNext(status);
    await pass([a], 60_000);
    expect(a.elector.isLeader()).toBe(true);
    expect(a.told).toHaveLength(1);
    await a.elector.stop();
  });

  it('stops at once when another holds the lease', async () => {
    const store = createFakeStore();
    const a = candidate(store, 'a');
    await pass([a], 100);
    const stolen = store.get(LEASE_TYPE, 'slipway', 'slipway-test');
    store.put(LEASE_TYPE, {
      metadata: { ...stolen?.metadata },
      spec: { holderIdentity: 'thief', leaseTransitions: 999_999_999 },
    });
    await pass([a], 2500);
    expect(a.elector.isLeader()).toBe(false);
    expect(a.told.at(-1)).toBe('lost');
    await a.elector.stop();
  });

  it('gives a deleted and remade lease an epoch above all earlier ones', async () => {
    const store = createFakeStore();
    const a = candidate(store, 'a');
    await pass([a], 100);
    const before = a.elector.epoch() ?? 0;
    store.remove(LEASE_TYPE, 'slipway', 'slipway-test');
    await pass([a], 5000);
    expect(a.elector.isLeader()).toBe(true);
    expect(a.elector.epoch()).toBeGreaterThan(before);
    await a.elector.stop();
  });

  it('releases the lease also when its last renewal was cut short', async () => {
    const store = createFakeStore();
    const a = candidate(store, 'a');
    await pass([a], 100);
    a.transport.failNext(-1);
    a.clock.advance(2000);
    await turn();
    await a.elector.stop();
    expect(lease(store)).toMatchObject({ holderIdentity: '' });
  });

  it.each([0, 1, 2, 3, 4, 5])(
    'does not lead after stop, when an answer comes %d steps later',
    async (steps) => {
      const a = candidate(createFakeStore(), 'a');
      await pass([a], 100);
      a.clock.advance(2000);
      for (let i = 0; i < steps; i++) await Promise.resolve();
      await a.elector.stop();
      await turn();
      expect(a.elector.isLeader()).toBe(false);
    },
  );

  it('leaves no timer when stopped', async () => {
    const store = createFakeStore();
    const a = candidate(store, 'a');
    const b = candidate(store, 'b');
    await pass([a, b], 5000);
    await Promise.all([a.elector.stop(), b.elector.stop()]);
    expect([a.clock.pending(), b.clock.pending()]).toEqual([0, 0]);
  });

  it('works over a socket, with the leader stopped from writing once it is frozen', async () => {
    const server = await startFakeApiServer();
    const clock = createManualClock();
    const transport = createHttpTransport({
      credentials: async () => ({ origin: server.origin, headers: {}, tls: {} }),
      userAgent: 'slipway/test',
      clock,
      maxSockets: 2,
    });
    const elector = startElector({
      client: createClient(transport),
      clock,
      namespace: 'slipway',
      name: 'slipway-test',
      identity: 'a',
      onElected: () => undefined,
      onLost: () => undefined,
    });
    await eventually(() => elector.isLeader());
    const guarded = createClient(transport, {
      beforeWrite: () => {
        if (!elector.isLeader()) throw new Error('no longer the leader');
      },
    });
    const object = { metadata: { namespace: 'a', name: 'written' } };
    await guarded.create(LEASE_TYPE, object);
    // Frozen after the call was begun and before its bytes went.
    const late = guarded.create(LEASE_TYPE, { metadata: { namespace: 'a', name: 'late' } });
    clock.freeze(60_000);
    await expect(late).rejects.toThrow('no longer the leader');
    await quiet();
    expect(server.store.list(LEASE_TYPE).map((each) => each.metadata.name)).not.toContain('late');
    await elector.stop();
    transport.close();
    await server.close();
  });
});

const step = (name: 'pass' | 'freeze' | 'fail' | 'stop', ms: fc.Arbitrary<number>) =>
  fc.record({ do: fc.constant(name), who: fc.nat({ max: 2 }), ms });

const event = fc.oneof(
  { weight: 8, arbitrary: step('pass', fc.constantFrom(50, 400, 2000, 11_000)) },
  { weight: 2, arbitrary: step('freeze', fc.constantFrom(3000, 9000, 20_000)) },
  // Here `ms` is the status: 0 no answer, -1 carried out but the answer is lost.
  { weight: 3, arbitrary: step('fail', fc.constantFrom(0, -1, 500, 409)) },
  { weight: 1, arbitrary: step('stop', fc.constant(0)) },
);

describe('three electors under any schedule', () => {
  it('are never two leaders at once, each by its own clock', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
        const store = createFakeStore();
        const all = ['a', 'b', 'c'].map((identity) => candidate(store, identity));
        const wrong: string[] = [];
        let highestEpoch = 0;
        const look = () => {
          const leaders = all.filter(({ elector }) => elector.isLeader());
          if (leaders.length > 1) wrong.push('two leaders');
          for (const { elector } of leaders) {
            const epoch = elector.epoch() ?? 0;
            if (epoch < highestEpoch) wrong.push('an epoch went back');
            highestEpoch = Math.max(highestEpoch, epoch);
          }
        };
        for (const each of events) {
          const one = all[each.who];
          if (one === undefined) continue;
          if (each.do === 'fail') one.transport.failNext(each.ms);
          if (each.do === 'stop') await one.elector.stop();
          // The same time goes by for everybody; a frozen one runs nothing meanwhile.
          for (const other of all) {
            if (each.do === 'pass') other.clock.advance(each.ms);
            if (each.do === 'freeze' && other === one) other.clock.freeze(each.ms);
            if (each.do === 'freeze' && other !== one) other.clock.advance(each.ms);
            look();
          }
          await turn();
          look();
        }
        await Promise.all(all.map(({ elector }) => elector.stop()));
        expect(wrong).toEqual([]);
        expect(all.map(({ clock }) => clock.pending())).toEqual([0, 0, 0]);
      }),
      { numRuns: 300 },
    );
  });
});
