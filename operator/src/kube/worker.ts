// Workers: take a key, reconcile it, and do with it what the outcome says. The one place that decides.

import type { Clock } from '../lib/clock.ts';
import { assertNever } from '../lib/assert.ts';
import type { WorkQueue } from './queue.ts';

export type Outcome =
  /** Nothing more to do until something changes. */
  | { readonly kind: 'done' }
  /** Look again after so many milliseconds, unless something changes sooner. */
  | { readonly kind: 'requeueAfter'; readonly ms: number }
  /** Failed in a way that may pass: look again after the key's backoff. */
  | { readonly kind: 'retry'; readonly error: unknown }
  /** Failed in a way that only a change can mend. */
  | { readonly kind: 'drop'; readonly error: unknown };

export interface ReconcileContext {
  /** Aborts when the key's deadline has passed: give up what is in flight. */
  readonly signal: AbortSignal;
  /** Retries since the last success. */
  readonly attempt: number;
}

export interface Finished<K extends string> {
  readonly key: K;
  readonly outcome: Outcome;
  readonly elapsedMs: number;
  /** True when reconcile threw instead of returning an outcome: a bug, or an error nobody named. */
  readonly threw: boolean;
  /** True when it took longer than the deadline. */
  readonly late: boolean;
}

export interface WorkersOptions<K extends string> {
  readonly queue: WorkQueue<K>;
  readonly reconcile: (key: K, context: ReconcileContext) => Promise<Outcome>;
  readonly concurrency: number;
  readonly clock: Clock;
  /** How long one key may take before its signal aborts (default 60 s). */
  readonly deadlineMs?: number;
  readonly onOutcome?: (finished: Finished<K>) => void;
}

export interface Workers {
  /** Closes the queue and resolves when the keys being worked on are finished. */
  stop(): Promise<void>;
}

/** Starts `concurrency` workers on the queue. */
export function runWorkers<K extends string>(options: WorkersOptions<K>): Workers {
  const { queue, concurrency } = options;
  const loops = Array.from({ length: concurrency }, () => workLoop(options));
  return {
    async stop() {
      queue.close();
      await Promise.all(loops);
    },
  };
}

async function workLoop<K extends string>(options: WorkersOptions<K>): Promise<void> {
  const { queue, onOutcome } = options;
  for (;;) {
    const taken = await queue.take();
    if (taken.kind === 'closed') return;
    const finished = await reconcileOne(options, taken);
    settle(queue, finished);
    try {
      onOutcome?.(finished);
    } catch {
      // Counting must not stop the work, and whoever counts has no place to report to but itself.
    }
  }
}

async function reconcileOne<K extends string>(
  options: WorkersOptions<K>,
  taken: { key: K; attempt: number },
): Promise<Finished<K>> {
  const { clock, reconcile, deadlineMs = 60_000 } = options;
  const startedMs = clock.monotonic();
  const deadline = new AbortController();
  const timer = clock.setTimer(() => deadline.abort(), deadlineMs);
  const finish = (outcome: Outcome, threw: boolean): Finished<K> => ({
    key: taken.key,
    outcome,
    elapsedMs: clock.monotonic() - startedMs,
    threw,
    late: deadline.signal.aborted,
  });
  try {
    // A late key is not taken away from its worker: two workers on one key would be worse than one
    // slow one, and every call below has a deadline of its own.
    const context = { signal: deadline.signal, attempt: taken.attempt };
    return finish(await reconcile(taken.key, context), false);
  } catch (error) {
    return finish({ kind: 'retry', error }, true);
  } finally {
    timer.cancel();
  }
}

function settle<K extends string>(queue: WorkQueue<K>, { key, outcome }: Finished<K>): void {
  switch (outcome.kind) {
    case 'done':
    case 'drop':
      queue.forget(key);
      break;
    case 'requeueAfter':
      queue.forget(key);
      queue.add(key, { afterMs: outcome.ms });
      break;
    case 'retry':
      queue.retry(key);
      break;
    default:
      assertNever(outcome);
  }
  queue.done(key);
}
