import { describe, expect, it } from '@jest/globals';

import { createManualClock } from '../lib/manual-clock.ts';
import { createQueue } from './queue.ts';
import { quiet, turn } from './testing/eventually.ts';
import { runWorkers } from './worker.ts';
import type { Finished, Outcome, ReconcileContext } from './worker.ts';

type Reconcile = (key: string, context: ReconcileContext) => Promise<Outcome>;

function setUp(reconcile: Reconcile, concurrency = 2) {
  const clock = createManualClock();
  const queue = createQueue<string>({ clock });
  const finished: Finished<string>[] = [];
  const workers = runWorkers({
    queue,
    reconcile,
    concurrency,
    clock,
    deadlineMs: 1000,
    onOutcome: (each) => finished.push(each),
  });
  return { clock, queue, workers, finished };
}

describe('workers', () => {
  it('are done with what is done', async () => {
    const { clock, queue, workers, finished } = setUp(async () => ({ kind: 'done' }));
    queue.add('x');
    await quiet();
    expect(finished).toMatchObject([{ key: 'x', outcome: { kind: 'done' }, threw: false }]);
    expect(queue.counts()).toEqual({ ready: 0, waiting: 0, processing: 0 });
    expect(clock.pending()).toBe(0);
    await workers.stop();
  });

  it('look again when asked to, and not before', async () => {
    const { clock, queue, workers, finished } = setUp(async () => ({ kind: 'requeueAfter', ms: 70 }));
    queue.add('x');
    await quiet();
    clock.advance(69);
    await quiet();
    expect(finished).toHaveLength(1);
    clock.advance(1);
    await quiet();
    expect(finished).toHaveLength(2);
    await workers.stop();
  });

  it.each<[string, Reconcile, boolean]>([
    ['asks for it', async () => ({ kind: 'retry', error: new Error('409') }), false],
    ['throws', () => Promise.reject(new Error('bug')), true],
  ])('retry with backoff when the reconcile %s', async (_, reconcile, threw) => {
    const { clock, queue, workers, finished } = setUp(reconcile);
    queue.add('x');
    await quiet();
    expect(clock.nextTimerMs()).toBe(5);
    clock.advance(5);
    await quiet();
    expect(clock.nextTimerMs()).toBe(10);
    expect(finished).toMatchObject([{ threw }, { threw }]);
    await workers.stop();
  });

  it('drop what only a change can mend', async () => {
    const { clock, queue, workers } = setUp(async () => ({ kind: 'drop', error: new Error('422') }));
    queue.add('x');
    await quiet();
    expect(clock.pending()).toBe(0);
    expect(queue.size).toBe(0);
    await workers.stop();
  });

  it('begin with a short backoff again after a success', async () => {
    const attempts: number[] = [];
    const outcomes: Outcome[] = [
      { kind: 'retry', error: 1 }, { kind: 'retry', error: 2 }, { kind: 'done' }, { kind: 'done' },
    ];
    const { clock, queue, workers } = setUp(async (_, { attempt }) => {
      attempts.push(attempt);
      return outcomes.shift() ?? { kind: 'done' };
    });
    queue.add('x');
    await quiet();
    for (let i = 0; i < 2; i++) {
      clock.advance(100);
      await quiet();
    }
    queue.add('x');
    await quiet();
    expect(attempts).toEqual([0, 1, 2, 0]);
    await workers.stop();
  });

  it('go on with other keys when one hangs, and tell it at its deadline to give up', async () => {
    let aborted = false;
    const { clock, queue, workers, finished } = setUp(async (key, { signal }) => {
      if (key === 'hangs') {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        aborted = true;
      }
      return { kind: 'done' };
    });
    queue.add('hangs');
    queue.add('other');
    await quiet();
    expect(finished.map(({ key }) => key)).toEqual(['other']);
    clock.advance(1000);
    await quiet();
    expect(aborted).toBe(true);
    expect(finished.at(-1)).toMatchObject({ key: 'hangs', late: true, elapsedMs: 1000 });
    await workers.stop();
  });

  it('never work on one key twice at the same time', async () => {
    let running = 0;
    let most = 0;
    const { queue, workers } = setUp(async () => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
      return { kind: 'done' };
    }, 4);
    for (let i = 0; i < 20; i++) {
      queue.add('x');
      await turn();
    }
    await workers.stop();
    expect(most).toBe(1);
  });

  it('survive a counter that throws', async () => {
    const clock = createManualClock();
    const queue = createQueue<string>({ clock });
    const seen: string[] = [];
    const workers = runWorkers({
      queue,
      clock,
      concurrency: 1,
      reconcile: async (key) => {
        seen.push(key);
        return { kind: 'done' };
      },
      onOutcome: () => {
        throw new Error('bug');
      },
    });
    queue.add('x');
    queue.add('y');
    await quiet();
    expect(seen).toEqual(['x', 'y']);
    await workers.stop();
  });

  it('finish what they are at before they stop, and begin nothing new', async () => {
    const gate = Promise.withResolvers<void>();
    const begun: string[] = [];
    const { clock, queue, workers, finished } = setUp(async (key) => {
      begun.push(key);
      await gate.promise;
      return { kind: 'requeueAfter', ms: 10 };
    }, 1);
    queue.add('x');
    queue.add('y');
    await quiet();
    const stopped = workers.stop();
    gate.resolve();
    await stopped;
    expect(begun).toEqual(['x']);
    expect(finished).toHaveLength(1);
    expect(clock.pending()).toBe(0);
  });
});
