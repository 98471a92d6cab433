// How many requests somebody has made in the last window: this window's count, and the share of the
// last one's that the sliding window still covers.
import type { RedisLink } from '../cache/redis-link.ts';

export interface RateLimitOptions {
  /** Requests per window. */
  readonly limit: number;
  readonly windowMs: number;
  /** Where all pods count together; undefined: each counts for itself. */
  readonly redis: RedisLink | undefined;
  readonly now?: () => number;
}

export interface RateLimitState {
  readonly kind: 'within' | 'beyond';
  readonly remaining: number;
  /** Until the window ends. */
  readonly resetMs: number;
}

export interface RateLimiter {
  readonly limit: number;
  readonly windowMs: number;
  /** Counts one request of `who`. Never rejects. */
  count(who: string): Promise<RateLimitState>;
}

interface Counts {
  readonly current: number;
  readonly previous: number;
}

/** Beyond so many callers the oldest counts are forgotten. */
const maxCallers = 10_000;

export function createRateLimiter(options: RateLimitOptions): RateLimiter {
  const { limit, windowMs, redis, now = Date.now } = options;
  const countHere = createLocalCounter();
  return {
    limit,
    windowMs,
    count: async (who) => {
      const at = now();
      const window = Math.floor(at / windowMs);
      const shared =
        redis === undefined ? undefined : await countInRedis(redis, { who, window, windowMs });
      const { current, previous } = shared ?? countHere(who, window);
      const covered = 1 - (at - window * windowMs) / windowMs;
      const used = current + Math.floor(previous * covered);
      return {
        kind: used > limit ? 'beyond' : 'within',
        remaining: Math.max(0, limit - used),
        resetMs: (window + 1) * windowMs - at,
      };
    },
  };
}

async function countInRedis(
  redis: RedisLink,
  { who, window, windowMs }: { who: string; window: number; windowMs: number },
): Promise<Counts | undefined> {
  const key = (index: number): string => `ledger:rate:${windowMs}:${index}:${who}`;
  return redis.ask(async (client) => {
    const [current, , previous] = await client
      .multi()
      .incr(key(window))
      .pExpire(key(window), 2 * windowMs)
      .get(key(window - 1))
      .exec();
    return { current: Number(current), previous: Number(previous ?? 0) };
  });
}

function createLocalCounter(): (who: string, window: number) => Counts {
  const counters = new Map<string, { window: number; current: number; previous: number }>();
  return (who, window) => {
    const known = counters.get(who);
    const counter =
      known?.window === window
        ? known
        : { window, current: 0, previous: known?.window === window - 1 ? known.current : 0 };
    counter.current += 1;
    // The order of the map is the order of their last requests.
    counters.delete(who);
    counters.set(who, counter);
    if (counters.size > maxCallers) counters.delete(counters.keys().next().value ?? '');
    return counter;
  };
}
