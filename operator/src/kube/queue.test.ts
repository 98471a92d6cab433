import { describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';

import { createManualClock } from '../lib/manual-clock.ts';
import {
  PRIORITY_INITIAL,
  PRIORITY_NORMAL,
  PRIORITY_SPEC_CHANGE,
  PRIORITY_URGENT,
  createQueue,
} from './queue.ts';
import type { Priority, Taken } from './queue.ts';

// For machines that are busy; nothing here waits for time to pass.
jest.setTimeout(60_000);

function setUp(options: { maxKeys?: number } = {}) {
  const clock = createManualClock();
  const queue = createQueue<string>({ clock, ...options });
  /** The keys that can be taken now, in order. */
  const drain = async (): Promise<string[]> => {
    const keys: string[] = [];
    while (queue.counts().ready > 0) {
      const taken = await queue.take();
      if (taken.kind === 'key') keys.push(taken.key);
    }
    return keys;
  };
  return { clock, queue, drain };
}

describe('work queue', () => {
  it('gives keys in the order they came, each once', async () => {
    const { queue, drain } = setUp();
    for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key);
    expect(queue.size).toBe(3);
    expect(await drain()).toEqual(['b', 'a', 'c']);
  });

  it('gives higher priorities first', async () => {
    const { queue, drain } = setUp();
    queue.add('initial', { priority: PRIORITY_INITIAL });
    queue.add('normal');
    queue.add('urgent', { priority: PRIORITY_URGENT });
    queue.add('spec', { priority: PRIORITY_SPEC_CHANGE });
    expect(await drain()).toEqual(['urgent', 'spec', 'normal', 'initial']);
  });

  it('moves a promoted key to the end of its new level, and never demotes one', async () => {
    const { queue, drain } = setUp();
    queue.add('late', { priority: PRIORITY_INITIAL });
    queue.add('first', { priority: PRIORITY_URGENT });
    queue.add('late', { priority: PRIORITY_URGENT });
    queue.add('first', { priority: PRIORITY_INITIAL });
    queue.add('normal');
    expect(await drain()).toEqual(['first', 'late', 'normal']);
  });

  it('gives a waiting key at its time, the earliest that was asked for', async () => {
    const { clock, queue, drain } = setUp();
    queue.add('x', { afterMs: 100 });
    queue.add('x', { afterMs: 500 });
    clock.advance(99);
    expect(await drain()).toEqual([]);
    clock.advance(1);
    expect(await drain()).toEqual(['x']);
    queue.done('x');
    clock.advance(1000);
    expect(await drain()).toEqual([]);
  });

  it('gives a waiting key at once when somebody asks for it now, with the higher priority', async () => {
    const { clock, queue, drain } = setUp();
    queue.add('normal');
    queue.add('x', { afterMs: 100, priority: PRIORITY_URGENT });
    queue.add('x', { priority: PRIORITY_INITIAL });
    expect(await drain()).toEqual(['x', 'normal']);
    expect(clock.pending()).toBe(0);
  });

  it('gives a key that was added while worked on again, but not before it is done', async () => {
    const { queue, drain } = setUp();
    queue.add('x');
    await drain();
    queue.add('x');
    queue.add('x', { priority: PRIORITY_URGENT });
    expect(queue.counts()).toEqual({ ready: 0, waiting: 0, processing: 1 });
    queue.done('x');
    expect(await drain()).toEqual(['x']);
  });

  it('wakes a taker that came first', async () => {
    const { queue } = setUp();
    const first = queue.take();
    const second = queue.take();
    queue.add('x');
    queue.add('y');
    expect(await first).toEqual({ kind: 'key', key: 'x', attempt: 0 });
    expect(await second).toEqual({ kind: 'key', key: 'y', attempt: 0 });
  });

  it('doubles the wait with each retry up to 30 s, until the key is forgotten', async () => {
    const { clock, queue } = setUp();
    const waitsMs: (number | undefined)[] = [];
    queue.add('x');
    for (let attempt = 0; attempt < 15; attempt++) {
      expect(await queue.take()).toEqual({ kind: 'key', key: 'x', attempt });
      queue.retry('x');
      queue.done('x');
      waitsMs.push(clock.nextTimerMs());
      clock.advance(30_000);
    }
    expect(waitsMs.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(waitsMs.at(-1)).toBe(30_000);
    await queue.take();
    queue.forget('x');
    queue.retry('x');
    queue.done('x');
    expect(clock.nextTimerMs()).toBe(5);
  });

  it('retries with the priority the key was taken with', async () => {
    const { clock, queue, drain } = setUp();
    queue.add('rollback', { priority: PRIORITY_URGENT });
    await drain();
    queue.retry('rollback');
    queue.done('rollback');
    queue.add('spec', { priority: PRIORITY_SPEC_CHANGE });
    clock.advance(5);
    expect(await drain()).toEqual(['rollback', 'spec']);
  });

  it('retries at once when the key was also added meanwhile', async () => {
    const { queue, drain } = setUp();
    queue.add('x');
    await drain();
    queue.retry('x');
    queue.add('x');
    queue.done('x');
    expect(await drain()).toEqual(['x']);
  });

  it('tells all takers that it is closed, keeps no timer, and ignores what comes later', async () => {
    const { clock, queue } = setUp();
    const waiting = [queue.take(), queue.take()];
    queue.add('later', { afterMs: 100 });
    queue.close();
    expect(await Promise.all(waiting)).toEqual([{ kind: 'closed' }, { kind: 'closed' }]);
    queue.add('x');
    expect(await queue.take()).toEqual({ kind: 'closed' });
    expect(queue.size).toBe(0);
    expect(clock.pending()).toBe(0);
  });

  it('refuses more keys than it may hold, but never one it already has', () => {
    const { queue } = setUp({ maxKeys: 2 });
    queue.add('a');
    queue.add('b', { afterMs: 10 });
    queue.add('a', { priority: PRIORITY_URGENT });
    queue.add('b');
    expect(() => queue.add('c')).toThrow('the work queue is full: 2 keys');
    expect(queue.counts()).toEqual({ ready: 2, waiting: 0, processing: 0 });
  });
});

type Step =
  | { readonly do: 'add'; readonly key: string; readonly priority: Priority; readonly afterMs: number }
  | { readonly do: 'take' | 'retry' | 'forget' | 'done'; readonly key: string }
  | { readonly do: 'advance'; readonly ms: number };

const key = fc.constantFrom('a', 'b', 'c', 'd');
const priority = fc.constantFrom(
  PRIORITY_URGENT, PRIORITY_SPEC_CHANGE, PRIORITY_NORMAL, PRIORITY_INITIAL,
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('add' as const), key, priority, afterMs: fc.constantFrom(0, 0, 10, 50) }),
  fc.record({ do: fc.constantFrom('take' as const, 'retry' as const, 'done' as const, 'forget' as const), key }),
  fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 10, 60, 40_000) }),
);

type Wish = { readonly priority: Priority; readonly dueMs: number };

/** The same promises in the plainest form: one wish per key, looked through at every take. */
function createModel() {
  const queued = new Map<string, Wish>();
  const again = new Map<string, Wish>();
  const processing = new Map<string, Priority>();
  const attempts = new Map<string, number>();
  const merge = (a: Wish | undefined, b: Wish): Wish =>
    a === undefined
      ? b
      : {
          priority: Math.max(a.priority, b.priority) as Priority,
          dueMs: Math.min(a.dueMs, b.dueMs),
        };
  return {
    queued, processing,
    add(name: string, wish: Wish) {
      const map = processing.has(name) ? again : queued;
      map.set(name, merge(map.get(name), wish));
    },
    backoffMs(name: string): number {
      const attempt = attempts.get(name) ?? 0;
      attempts.set(name, attempt + 1);
      return Math.min(5 * 2 ** attempt, 30_000);
    },
    forget: (name: string) => attempts.delete(name),
    best(nowMs: number): Priority | undefined {
      const due = [...queued.values()].filter((wish) => wish.dueMs <= nowMs);
      return due.length === 0
        ? undefined
        : (Math.max(...due.map((wish) => wish.priority)) as Priority);
    },
    take(name: string) {
      const wish = queued.get(name);
      queued.delete(name);
      if (wish !== undefined) processing.set(name, wish.priority);
      return wish;
    },
    done(name: string) {
      processing.delete(name);
      const wish = again.get(name);
      again.delete(name);
      if (wish !== undefined) queued.set(name, merge(queued.get(name), wish));
    },
  };
}

describe('work queue under any use', () => {
  it('gives each key to one worker at a time, loses none, and keeps priorities and deadlines', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const { clock, queue } = setUp();
        const model = createModel();
        const pending: Promise<Taken<string>>[] = [];
        const wrong: string[] = [];

        for (const each of steps) {
          const nowMs = clock.monotonic();
          switch (each.do) {
            case 'add':
              queue.add(each.key, each);
              model.add(each.key, { priority: each.priority, dueMs: nowMs + each.afterMs });
              break;
            case 'take': {
              const best = model.best(nowMs);
              const isReady = queue.counts().ready > 0;
              if (isReady !== (best !== undefined)) wrong.push('ready too early or too late');
              if (!isReady) break;
              const taken = await queue.take();
              const name = taken.kind === 'key' ? taken.key : 'closed';
              if (model.processing.has(name)) wrong.push(`${name} went to two workers`);
              if (model.take(name)?.priority !== best) wrong.push(`${name} out of turn`);
              break;
            }
            case 'retry':
            case 'done':
            case 'forget':
              if (!model.processing.has(each.key)) break;
              if (each.do === 'retry') {
                const dueMs = nowMs + model.backoffMs(each.key);
                model.add(each.key, { priority: model.processing.get(each.key) ?? 0, dueMs });
              }
              if (each.do === 'forget') model.forget(each.key);
              if (each.do === 'done') model.done(each.key);
              queue[each.do](each.key);
              break;
            case 'advance':
              clock.advance(each.ms);
          }
          if (queue.size !== model.queued.size) wrong.push('a key was lost or made up');
        }
        expect(wrong).toEqual([]);

        // In the end every key that is still wanted comes out.
        for (const name of model.processing.keys()) {
          model.done(name);
          queue.done(name);
        }
        clock.advance(60_000);
        const left = model.queued.size;
        for (let i = 0; i < left; i++) pending.push(queue.take());
        const taken = await Promise.all(pending);
        const keys = taken.map((each) => (each.kind === 'key' ? each.key : 'closed'));
        expect(keys.toSorted()).toEqual([...model.queued.keys()].toSorted());
      }),
      { numRuns: 500 },
    );
  });
});
