// The interval shown beside a verdict: canary's error rate minus stable's. For display only; it is
// a fixed-sample interval, looked at many times, and decides nothing.
//
// Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, method 10): each rate gets its
// Wilson interval, and the distances to their ends are combined like standard errors. It stays
// within -1..1 and makes sense with no error at all.
import type { ArmCounts, RateDifference } from './verdict.ts';

/** Two-sided 95 %. */
const Z = 1.959964;

/** Undefined until both arms have answered a request. */
export function rateDifference(canary: ArmCounts, stable: ArmCounts): RateDifference | undefined {
  if (canary.requests <= 0 || stable.requests <= 0) return undefined;
  const c = wilson(canary);
  const s = wilson(stable);
  const estimate = c.rate - s.rate;
  return {
    estimate,
    low: estimate - Math.hypot(c.rate - c.low, s.high - s.rate),
    high: estimate + Math.hypot(c.high - c.rate, s.rate - s.low),
  };
}

function wilson({ requests, errors }: ArmCounts): { rate: number; low: number; high: number } {
  const rate = errors / requests;
  const z2 = Z * Z;
  const centre = (errors + z2 / 2) / (requests + z2);
  const half = (Z * Math.sqrt(requests * rate * (1 - rate) + z2 / 4)) / (requests + z2);
  // Rounding must not push an end past the rate itself.
  return { rate, low: Math.min(rate, centre - half), high: Math.max(rate, centre + half) };
}
