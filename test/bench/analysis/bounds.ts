// What no rule can beat: the least mean number of canary requests that any test with false-rollback
// rate alpha needs, when stable is measured at the same time instead of known.

/** ln(1/alpha) / KL(p1, p0): stable's rate known beforehand (Wald 1945). */
export function knownBaselineBound(alpha: number, p0: number, p1: number): number {
  return Math.log(1 / alpha) / divergence(p1, p0);
}

/** What is to be told apart, and from which null: canary <= ratio * stable + margin. */
export type Problem = {
  readonly alpha: number;
  readonly p0: number;
  readonly p1: number;
  /** Share of requests at the canary. */
  readonly weight: number;
  readonly ratio: number;
  readonly margin: number;
};

/**
 * ln(1/alpha) / min over q of [KL(p1, ratio q + margin) + ((1 - w)/w) KL(p0, q)]: the nearest good
 * release, in the pair of rates that is least easily told from the bad one.
 */
export function twoSampleBound(problem: Problem): number {
  const { alpha, p0, p1, weight, ratio, margin } = problem;
  const distance = (q: number): number =>
    divergence(p1, Math.min(1, ratio * q + margin)) + ((1 - weight) / weight) * divergence(p0, q);
  return Math.log(1 / alpha) / minimum(distance, p0, Math.max(p0, (p1 - margin) / ratio));
}

/** Kullback and Leibler's divergence of two Bernoulli rates, in nats. */
export function divergence(p: number, q: number): number {
  return term(p, q) + term(1 - p, 1 - q);
}

function term(p: number, q: number): number {
  if (p === 0) return 0;
  return q <= 0 ? Number.POSITIVE_INFINITY : p * Math.log(p / q);
}

/** Golden-section search; the sum of two convex functions has one minimum. */
function minimum(f: (x: number) => number, from: number, to: number): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  for (let i = 0; i < 100; i += 1) {
    const [a, b] = [high - golden * (high - low), low + golden * (high - low)];
    if (f(a) < f(b)) high = b;
    else low = a;
  }
  return f((low + high) / 2);
}
