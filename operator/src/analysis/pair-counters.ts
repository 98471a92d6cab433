// Arithmetic on the pairs of counters that the user named: growth, sums over pods, resets.
import type { PairCounters } from './sample.ts';

type Pairs = Readonly<Record<string, PairCounters>>;

/** What each pair grew by. A pair that was not there before has only set its baseline. */
export function pairsGrown(now: Pairs, before: Pairs | undefined): Pairs {
  const grown = Object.entries(now).flatMap(([name, { bad, total }]) => {
    const was = before?.[name];
    return was ? [[name, { total: total - was.total, bad: bad - was.bad }] as const] : [];
  });
  return Object.fromEntries(grown);
}

/** True where a pair went down: its process restarted. */
export function pairsShrank(before: Pairs | undefined, now: Pairs | undefined): boolean {
  return Object.entries(now ?? {}).some(([name, { bad, total }]) => {
    const was = before?.[name];
    return was !== undefined && (total < was.total || bad < was.bad);
  });
}

/** Sum over the pods; undefined where none has a pair. */
export function sumPairs(all: readonly Pairs[]): Pairs | undefined {
  const sums = new Map<string, PairCounters>();
  for (const [name, { bad, total }] of all.flatMap((pairs) => Object.entries(pairs))) {
    const sum = sums.get(name) ?? { total: 0, bad: 0 };
    sums.set(name, { total: sum.total + total, bad: sum.bad + bad });
  }
  return sums.size === 0 ? undefined : Object.fromEntries(sums);
}
