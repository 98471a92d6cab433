// Which sets may go. Pure: a list of sets in, a list of ids out.

export interface KnownSet {
  /** Ids sort by age: the newest is the greatest. */
  readonly id: string;
  readonly isVerified: boolean;
}

/**
 * Keeps the `keep` newest verified sets and whatever is newer than the oldest of them. Only verified
 * sets count, so a run of damaged ones never pushes out the last good one; with fewer than `keep`
 * verified sets nothing goes at all.
 */
export function setsToDelete(sets: readonly KnownSet[], keep: number): readonly string[] {
  const newestFirst = sets.toSorted((a, b) => (a.id < b.id ? 1 : -1));
  const oldestKept = newestFirst.filter((set) => set.isVerified)[keep - 1];
  if (oldestKept === undefined) return [];
  return newestFirst.filter((set) => set.id < oldestKept.id).map((set) => set.id);
}
