// Comparing resource versions (KEP-5504): both digits only, then the longer is newer, then text order.

export type VersionOrder = 'older' | 'equal' | 'newer' | 'unordered';

const DIGITS = /^[1-9][0-9]*$/;

/** How `a` stands to `b`; 'unordered' when either is not a number without leading zero. */
export function compareResourceVersions(a: string, b: string): VersionOrder {
  if (a === b) return 'equal';
  if (!DIGITS.test(a) || !DIGITS.test(b)) return 'unordered';
  if (a.length !== b.length) return a.length > b.length ? 'newer' : 'older';
  return a > b ? 'newer' : 'older';
}

/** True when `seen` certainly includes everything up to `wanted`. */
export function hasReached(seen: string, wanted: string): boolean {
  const order = compareResourceVersions(seen, wanted);
  return order === 'equal' || order === 'newer';
}
