// Which sets may go: grandfather, father, son. Pure: a list of sets in, a list of ids out. Days, weeks,
// months and years are those of UTC, in which no day has an hour more or less.
import { timeOfSet } from './set-id.ts';

export interface KnownSet {
  /** Ids sort by age: the newest is the greatest. */
  readonly id: string;
  readonly isVerified: boolean;
}

/** How many sets stay; 0 means none for that reason. */
export interface KeepPolicy {
  /** The newest verified sets, at least 1. */
  readonly last: number;
  /** The newest verified set of each of so many days, and so on; days without a set do not count. */
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
}

export type Reason = keyof KeepPolicy | 'not-verified';

const dayMs = 86_400_000;

const periods = {
  last: (id: string) => id,
  daily: (id: string) => dateOf(id).toISOString().slice(0, 10),
  weekly: (id: string) => weekOf(dateOf(id)),
  monthly: (id: string) => dateOf(id).toISOString().slice(0, 7),
  yearly: (id: string) => dateOf(id).toISOString().slice(0, 4),
} as const satisfies Record<keyof KeepPolicy, (id: string) => string>;

/**
 * Why each set that stays does so; a set that is not in here may go. Only verified sets count, so a
 * run of damaged ones never pushes out the last good one. What is not verified stays until `last`
 * verified sets are newer: people want to look at it, and it may be all there is.
 */
export function setsToKeep(
  sets: readonly KnownSet[],
  policy: KeepPolicy,
): ReadonlyMap<string, readonly Reason[]> {
  const newestFirst = sets.toSorted((a, b) => (a.id < b.id ? 1 : -1));
  const verified = newestFirst.filter((set) => set.isVerified).map((set) => set.id);
  const kept = new Map<string, Reason[]>();
  const keep = (id: string, why: Reason): void => void kept.set(id, [...(kept.get(id) ?? []), why]);
  for (const why of ['last', 'daily', 'weekly', 'monthly', 'yearly'] as const) {
    for (const id of newestOfEach(verified, periods[why]).slice(0, policy[why])) keep(id, why);
  }
  const oldestOfLast = verified[Math.max(1, policy.last) - 1];
  for (const { id, isVerified } of newestFirst) {
    if (oldestOfLast === undefined || (!isVerified && id > oldestOfLast))
      if (!kept.has(id)) keep(id, isVerified ? 'last' : 'not-verified');
  }
  return kept;
}

/** Ids of the sets that `setsToKeep` has no reason for, newest first. */
export function setsToDelete(sets: readonly KnownSet[], policy: KeepPolicy): readonly string[] {
  const kept = setsToKeep(sets, policy);
  const doomed = sets.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
  return doomed.toSorted().toReversed();
}

function newestOfEach(
  newestFirst: readonly string[],
  periodOf: (id: string) => string,
): readonly string[] {
  const seen = new Set<string>();
  return newestFirst.filter((id) => {
    const period = periodOf(id);
    const isFirst = !seen.has(period);
    seen.add(period);
    return isFirst;
  });
}

function dateOf(id: string): Date {
  return new Date(timeOfSet(id));
}

/** The Monday that the week began with. */
function weekOf(date: Date): string {
  const day = Math.floor(date.getTime() / dayMs);
  // Day 0 was a Thursday.
  const sinceMonday = (day + 3) % 7;
  return new Date((day - sinceMonday) * dayMs).toISOString().slice(0, 10);
}
