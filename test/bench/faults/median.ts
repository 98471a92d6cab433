/** The middle value; of an even number the mean of the two. Infinite for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1];
  const high = sorted[Math.floor(middle)];
  return low === undefined || high === undefined ? Number.POSITIVE_INFINITY : (low + high) / 2;
}
