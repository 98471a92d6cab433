// Arithmetic on logarithms: products of many likelihood ratios overflow doubles, their logs do not.

/** The log of nothing. Finite, because JSON has no -Infinity. */
export const LOG_ZERO = -1e9;

/** ln(e^a + e^b). */
export function logAdd(a: number, b: number): number {
  const high = a > b ? a : b;
  return high + Math.log1p(Math.exp((a > b ? b : a) - high));
}

/** ln of the mean of e^v. `values` is not empty. */
export function logMean(values: readonly number[]): number {
  const high = Math.max(...values);
  const sum = values.reduce((total, value) => total + Math.exp(value - high), 0);
  return high + Math.log(sum / values.length);
}

/** ln of a probability, 0 included. */
export function logOf(probability: number): number {
  return probability > 0 ? Math.log(probability) : LOG_ZERO;
}
