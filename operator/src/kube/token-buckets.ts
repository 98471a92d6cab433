// Token buckets, one per key: so many at once, then one per interval. Bounded in keys.

import type { Clock } from '../lib/clock.ts';

export interface TokenBuckets {
  /** Takes a token of `key`; false when there is none. */
  take(key: string): boolean;
}

export interface TokenBucketsOptions {
  readonly clock: Clock;
  readonly capacity: number;
  readonly refillMsPerToken: number;
  /** The bucket unused for longest is let go beyond this many: that key starts full again. */
  readonly maxKeys: number;
}

export function createTokenBuckets(options: TokenBucketsOptions): TokenBuckets {
  const { clock, capacity, refillMsPerToken, maxKeys } = options;
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return {
    take(key) {
      const nowMs = clock.monotonic();
      const before = buckets.get(key) ?? { tokens: capacity, atMs: nowMs };
      const refilled = before.tokens + (nowMs - before.atMs) / refillMsPerToken;
      const tokens = Math.min(capacity, refilled);
      const granted = tokens >= 1;
      buckets.delete(key);
      buckets.set(key, { tokens: granted ? tokens - 1 : tokens, atMs: nowMs });
      const [oldest] = buckets.keys();
      if (buckets.size > maxKeys && oldest !== undefined) buckets.delete(oldest);
      return granted;
    },
  };
}
