// Random numbers from a seed, for tests and the study: the same seed gives the same numbers on
// every machine. Never used for a verdict.

/** One stream of random numbers; each call moves it on. */
export type SeededRandom = {
  /** In [0, 1). */
  readonly uniform: () => number;
  /** Standard normal. */
  readonly normal: () => number;
  /** Number of events with this mean; exact at any mean. */
  readonly poisson: (mean: number) => number;
  /** Gamma with this shape and scale 1. */
  readonly gamma: (shape: number) => number;
  /** Beta with these parameters. */
  readonly beta: (a: number, b: number) => number;
};

/** A stream of its own for each seed (a 32-bit integer; others are cut to one). */
export function seededRandom(seed: number): SeededRandom {
  const uniform = sfc32(seed);
  const normal = (): number => normalFrom(uniform);
  const gamma = (shape: number): number => gammaFrom({ uniform, normal }, shape);
  return {
    uniform,
    normal,
    gamma,
    poisson: (mean) =>
      mean < 10 ? poissonByProduct(uniform, mean) : poissonByRejection(uniform, mean),
    beta: (a, b) => {
      const x = gamma(a);
      return x / (x + gamma(b));
    },
  };
}

/** sfc32 (Doty-Humphrey, PractRand): 128 bits of state, passes BigCrush. */
function sfc32(seed: number): () => number {
  let a = 0x9e3779b9 | 0;
  let b = 0x243f6a88 | 0;
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 15; i += 1) next();
  return next;
}

/** Box and Muller, one of the pair. */
function normalFrom(uniform: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
  return radius * Math.cos(2 * Math.PI * uniform());
}

/** Marsaglia and Tsang 2000; below shape 1 by their power of a uniform. */
function gammaFrom(
  source: { readonly uniform: () => number; readonly normal: () => number },
  shape: number,
): number {
  if (shape < 1) {
    return gammaFrom(source, shape + 1) * (1 - source.uniform()) ** (1 / shape);
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = source.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - source.uniform()) < 0.5 * x * x + d * (1 - v + Math.log(v))) {
      return d * v;
    }
  }
}

/** Knuth: multiply uniforms until they fall below e^-mean. */
function poissonByProduct(uniform: () => number, mean: number): number {
  const limit = Math.exp(-mean);
  let events = 0;
  for (let product = uniform(); product > limit; product *= uniform()) events += 1;
  return events;
}

/** Hormann's PTRS (1993): transformed rejection with squeeze, exact for means from 10. */
function poissonByRejection(uniform: () => number, mean: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const vr = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform() - 0.5;
    const v = 1 - uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const left = Math.log(v * inverseAlpha) - Math.log(a / (us * us) + b);
    if (left <= -mean + k * Math.log(mean) - logFactorial(k)) return k;
  }
}

const SMALL_LOG_FACTORIALS = smallLogFactorials(128);

function smallLogFactorials(size: number): readonly number[] {
  const table = [0];
  for (let n = 1; n < size; n += 1) table.push((table[n - 1] ?? 0) + Math.log(n));
  return table;
}

/** ln k!, by Stirling's series beyond the table. */
function logFactorial(k: number): number {
  const small = SMALL_LOG_FACTORIALS[k];
  if (small !== undefined) return small;
  const n = k + 1;
  return (n - 0.5) * Math.log(n) - n + 0.9189385332046727 + 1 / (12 * n) - 1 / (360 * n ** 3);
}
