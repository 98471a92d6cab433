// Clock: the one way to learn the time or to wait. Everything that waits takes one as an option.

import { type Instant, instant } from './instant.ts';

export { type Instant, instant };

export interface Timer {
  /** The callback will not run after this. Harmless when it already ran. */
  cancel(): void;
}

export interface Clock {
  /** Wall-clock time, for what people read; it may jump either way. */
  now(): Instant;
  /** Milliseconds since some fixed moment; never goes back. For measuring how long something took. */
  monotonic(): number;
  /** Runs `callback` once after `afterMs`. A pending timer keeps the process alive: cancel it. */
  setTimer(callback: () => void, afterMs: number): Timer;
}

// setTimeout fires at once when asked for more than this.
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => performance.now(),
  setTimer(callback, afterMs) {
    const bounded = Math.min(Math.max(0, afterMs), LONGEST_TIMEOUT_MS);
    const timeout = setTimeout(callback, bounded);
    return { cancel: () => clearTimeout(timeout) };
  },
};

export interface SleepOptions {
  readonly ms: number;
  readonly signal?: AbortSignal | undefined;
}

/** Resolves after `ms`, or at once when `signal` aborts; the caller looks at the signal. */
export function sleep(clock: Clock, { ms, signal }: SleepOptions): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = () => {
      timer.cancel();
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = clock.setTimer(wake, ms);
    signal?.addEventListener('abort', wake, { once: true });
  });
}
