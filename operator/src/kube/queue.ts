// WorkQueue: which key is next. Each key is in the queue at most once and with one worker at most.
//
//            add            take             done
//   (absent) ---> ready ---------> processing ---> (absent), or where an add meanwhile wants it
//      |            ^ due              ^
//      +--after-> waiting              +-- add: remembered, queued again when done
//
// An add merges with what is there: the higher priority and the earlier moment win.

import type { Clock, Timer } from '../lib/clock.ts';

/** A rollback, or readiness lost during a step. */
export const PRIORITY_URGENT = 100;
/** A person or a pipeline changed what is wanted. */
export const PRIORITY_SPEC_CHANGE = 50;
export const PRIORITY_NORMAL = 0;
/** Objects of the initial list: nothing may have changed. */
export const PRIORITY_INITIAL = -100;

export type Priority =
  | typeof PRIORITY_URGENT
  | typeof PRIORITY_SPEC_CHANGE
  | typeof PRIORITY_NORMAL
  | typeof PRIORITY_INITIAL;

export interface AddOptions {
  /** Default PRIORITY_NORMAL. */
  readonly priority?: Priority;
  /** Not before so many milliseconds from now (default 0). */
  readonly afterMs?: number;
}

/** `attempt` counts the retries of the key since it was last forgotten: 0 at first. */
export type Taken<K extends string> =
  | { readonly kind: 'key'; readonly key: K; readonly attempt: number }
  | { readonly kind: 'closed' };

export interface WorkQueue<K extends string> {
  /** Wants `key` worked on. Ignored after close; throws when the queue is full of other keys. */
  add(key: K, options?: AddOptions): void;
  /** The next key, now this caller's alone until it calls `done`. Waits while nothing is ready. */
  take(): Promise<Taken<K>>;
  /** Gives a taken key back. */
  done(key: K): void;
  /** Wants a taken key again after its backoff, with the priority it was taken with. */
  retry(key: K): void;
  /** Ends the key's backoff: its next retry waits the shortest time again. */
  forget(key: K): void;
  /** Keys that are ready or waiting. */
  readonly size: number;
  counts(): QueueCounts;
  /** Wakes all takers with `closed` and forgets what was queued. Leaves no timer. */
  close(): void;
}

export interface QueueCounts {
  readonly ready: number;
  readonly waiting: number;
  readonly processing: number;
}

export interface QueueOptions {
  readonly clock: Clock;
  /** First retry after this, doubling from there (default 5 ms). */
  readonly firstBackoffMs?: number;
  /** Longest time between retries (default 30 s). */
  readonly longestBackoffMs?: number;
  /** Bound on different keys held (default 100,000). */
  readonly maxKeys?: number;
}

const LEVELS = [PRIORITY_URGENT, PRIORITY_SPEC_CHANGE, PRIORITY_NORMAL, PRIORITY_INITIAL] as const;

type Wish = { readonly priority: Priority; readonly dueMs: number };
type Waiting = Wish & { readonly timer: Timer };
type Processing = { readonly priority: Priority; again: Wish | undefined };

export function createQueue<K extends string>(options: QueueOptions): WorkQueue<K> {
  const { clock, firstBackoffMs = 5, longestBackoffMs = 30_000, maxKeys = 100_000 } = options;
  const levels = new Map<Priority, Set<K>>(LEVELS.map((level) => [level, new Set()]));
  const ready = new Map<K, Priority>();
  const waiting = new Map<K, Waiting>();
  const processing = new Map<K, Processing>();
  const attempts = new Map<K, number>();
  const takers: ((taken: Taken<K>) => void)[] = [];
  let closed = false;

  function add(key: K, { priority = PRIORITY_NORMAL, afterMs = 0 }: AddOptions = {}): void {
    if (closed) return;
    place(key, { priority, dueMs: clock.monotonic() + Math.max(0, afterMs) });
  }

  function place(key: K, wish: Wish): void {
    const busy = processing.get(key);
    if (busy !== undefined) {
      busy.again = busy.again === undefined ? wish : merge(busy.again, wish);
      return;
    }
    const merged = withdraw(key, wish);
    if (ready.size + waiting.size >= maxKeys) {
      throw new Error(`the work queue is full: ${maxKeys} keys`);
    }
    const delayMs = merged.dueMs - clock.monotonic();
    if (delayMs > 0) wait(key, { wish: merged, delayMs });
    else makeReady(key, merged.priority);
  }

  /** Takes a queued key out again, and merges its wish with the new one. */
  function withdraw(key: K, wish: Wish): Wish {
    const level = ready.get(key);
    if (level !== undefined) {
      const merged = merge({ priority: level, dueMs: clock.monotonic() }, wish);
      // A key keeps its turn unless it moves up a level, where it goes to the end.
      if (merged.priority !== level) {
        levels.get(level)?.delete(key);
        ready.delete(key);
      }
      return merged;
    }
    const earlier = waiting.get(key);
    if (earlier === undefined) return wish;
    earlier.timer.cancel();
    waiting.delete(key);
    return merge(earlier, wish);
  }

  function wait(key: K, { wish, delayMs }: { wish: Wish; delayMs: number }): void {
    const timer = clock.setTimer(() => {
      waiting.delete(key);
      makeReady(key, wish.priority);
    }, delayMs);
    waiting.set(key, { ...wish, timer });
  }

  function makeReady(key: K, priority: Priority): void {
    ready.set(key, priority);
    levels.get(priority)?.add(key);
    const taker = takers.shift();
    if (taker !== undefined) taker(hand());
  }

  /** Gives out the first key of the highest level; only called when there is one. */
  function hand(): Taken<K> {
    for (const [priority, keys] of levels) {
      for (const key of keys) {
        keys.delete(key);
        ready.delete(key);
        processing.set(key, { priority, again: undefined });
        return { kind: 'key', key, attempt: attempts.get(key) ?? 0 };
      }
    }
    throw new Error('nothing is ready');
  }

  return {
    add,
    take() {
      if (closed) return Promise.resolve({ kind: 'closed' });
      if (ready.size > 0) return Promise.resolve(hand());
      return new Promise((resolve) => takers.push(resolve));
    },
    done(key) {
      const again = processing.get(key)?.again;
      processing.delete(key);
      if (again !== undefined && !closed) place(key, again);
    },
    retry(key) {
      const attempt = attempts.get(key) ?? 0;
      attempts.set(key, attempt + 1);
      // 2^40 ms is beyond any bound and still exact.
      const afterMs = Math.min(firstBackoffMs * 2 ** Math.min(attempt, 40), longestBackoffMs);
      add(key, { priority: processing.get(key)?.priority ?? PRIORITY_NORMAL, afterMs });
    },
    forget: (key) => void attempts.delete(key),
    get size() {
      return ready.size + waiting.size;
    },
    counts: () => ({ ready: ready.size, waiting: waiting.size, processing: processing.size }),
    close() {
      closed = true;
      for (const { timer } of waiting.values()) timer.cancel();
      waiting.clear();
      ready.clear();
      attempts.clear();
      for (const keys of levels.values()) keys.clear();
      for (const taker of takers.splice(0)) taker({ kind: 'closed' });
    },
  };
}

function merge(a: Wish, b: Wish): Wish {
  return {
    priority: a.priority >= b.priority ? a.priority : b.priority,
    dueMs: Math.min(a.dueMs, b.dueMs),
  };
}
