// How long the parts of a cluster take: drawn anew each time, mostly short, sometimes long.
import type { SeededRandom } from '../../../operator/src/lib/seeded-random.ts';
import { after, type Instant } from '../../../operator/src/lib/instant.ts';

/** Up to `mostMs` later; one time in ten up to ten times that. */
export function soon(now: Instant, random: SeededRandom, mostMs: number): Instant {
  const stretch = random.uniform() < 0.1 ? 10 : 1;
  return after(now, Math.ceil(random.uniform() * mostMs * stretch));
}

/** A whole number from `low` to `high`. */
export function between(random: SeededRandom, low: number, high: number): number {
  return low + Math.floor(random.uniform() * (high - low + 1));
}

export function pick<T>(random: SeededRandom, from: readonly T[]): T {
  if (from.length === 0) throw new Error('nothing to pick from');
  return from[Math.floor(random.uniform() * from.length)] as T;
}
