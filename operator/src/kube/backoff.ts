// Backoff: how long to wait after the n-th failure in a row.

export interface Backoff {
  /** Counts a failure and says how long to wait, in milliseconds. */
  nextMs(): number;
  /** Forgets the failures: things have gone well for long enough. */
  reset(): void;
  readonly failures: number;
}

export interface BackoffOptions {
  readonly firstMs: number;
  readonly longestMs: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Doubles from `firstMs` to `longestMs`; jitter adds up to a half, so that clients drift apart. */
export function createBackoff({ firstMs, longestMs, random }: BackoffOptions): Backoff {
  let failures = 0;
  return {
    nextMs() {
      const baseMs = firstMs * 2 ** Math.min(failures, 20);
      failures += 1;
      return Math.min(baseMs * (1 + random() / 2), longestMs);
    },
    reset() {
      failures = 0;
    },
    get failures() {
      return failures;
    },
  };
}
