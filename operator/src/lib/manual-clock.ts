// A clock that stands still until a test moves it. Timers run in the order they are due.

import { instant } from './clock.ts';
import type { Clock, Timer } from './clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on by `ms`, running each timer that falls due with the time set to its due time. */
  advance(ms: number): void;
  /** Moves time on without running any timer: a frozen process. They run at the next `advance`. */
  freeze(ms: number): void;
  /** How many timers are pending; a stopped component has none. */
  pending(): number;
  /** Milliseconds until the next timer, or undefined when none is pending. */
  nextTimerMs(): number | undefined;
}

type Pending = { readonly dueMs: number; readonly callback: () => void };

/** A manual clock whose wall time starts at `startMs` (default 2026-01-01 UTC), monotonic at 0. */
export function createManualClock(startMs = 1_767_225_600_000): ManualClock {
  let elapsedMs = 0;
  const timers = new Set<Pending>();

  const next = (): Pending | undefined => {
    let first: Pending | undefined;
    for (const timer of timers) {
      if (first === undefined || timer.dueMs < first.dueMs) first = timer;
    }
    return first;
  };

  return {
    now: () => instant(startMs + elapsedMs),
    monotonic: () => elapsedMs,
    setTimer(callback, afterMs): Timer {
      const timer = { dueMs: elapsedMs + Math.max(0, afterMs), callback };
      timers.add(timer);
      return { cancel: () => timers.delete(timer) };
    },
    advance(ms) {
      const endMs = elapsedMs + ms;
      for (let due = next(); due !== undefined && due.dueMs <= endMs; due = next()) {
        timers.delete(due);
        elapsedMs = Math.max(elapsedMs, due.dueMs);
        due.callback();
      }
      elapsedMs = endMs;
    },
    freeze(ms) {
      elapsedMs += ms;
    },
    pending: () => timers.size,
    nextTimerMs() {
      const first = next();
      return first === undefined ? undefined : Math.max(0, first.dueMs - elapsedMs);
    },
  };
}
