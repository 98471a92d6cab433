// Errors that cluster in pods: 20 pods with equal traffic, the first of them the canary, all of the
// same quality on average. Nothing is shared between pods, so a bad moment of the one canary pod
// looks like a bad version; that is what tempering by dispersion is for.
import type { TwoArmCounts } from '../../../operator/src/analysis/e-process.ts';
import type { PodCounts } from '../../../operator/src/analysis/dispersion.ts';
import type { SeededRandom } from '../../../operator/src/lib/seeded-random.ts';
import { POLL_SECONDS, REQUESTS_PER_POLL } from './stream.ts';

export const PODS = 20;
const PER_POD = REQUESTS_PER_POLL / PODS;

/** Moves to the next poll and gives each pod's error rate in it. The array is used again. */
export type PodRates = () => Float64Array;

/** A noise model: how the error rate of a pod wanders around `mean`. */
export type Noise = {
  readonly name: string;
  readonly start: (random: SeededRandom, mean: number) => PodRates;
};

export const NOISES: readonly Noise[] = [
  { name: 'independent', start: (_random, mean) => constant(mean) },
  betaBinomial(0.05),
  betaBinomial(0.1),
  betaBinomial(0.3),
  episodes({ name: '5 s bursts, 50 % errors', share: 0.5, meanSeconds: POLL_SECONDS }),
  episodes({ name: '5 s bursts, 100 % errors', share: 1, meanSeconds: POLL_SECONDS }),
  episodes({ name: 'episodes of 20 s, 50 % errors', share: 0.5, meanSeconds: 20 }),
  episodes({ name: 'episodes of 60 s, 30 % errors', share: 0.3, meanSeconds: 60 }),
];

/** One poll of both arms. Sums of Poisson counts are Poisson, so stable is drawn as one. */
export function armsPoll(random: SeededRandom, rates: Float64Array): TwoArmCounts {
  const canaryRate = rates[0] ?? 0;
  let sum = 0;
  for (let pod = 1; pod < PODS; pod += 1) sum += rates[pod] ?? 0;
  return {
    canary: counts(random, PER_POD * canaryRate, PER_POD * (1 - canaryRate)),
    stable: counts(random, PER_POD * sum, PER_POD * (PODS - 1 - sum)),
  };
}

/** One poll of the stable pods, each by itself, for the estimate of dispersion. */
export function stablePods(random: SeededRandom, rates: Float64Array): readonly PodCounts[] {
  return Array.from(rates.subarray(1), (rate, index) => ({
    podUid: `pod-${index}`,
    ...counts(random, PER_POD * rate, PER_POD * (1 - rate)),
  }));
}

function counts(random: SeededRandom, errorMean: number, goodMean: number): TwoArmCounts['canary'] {
  const errors = errorMean > 0 ? random.poisson(errorMean) : 0;
  return { requests: errors + random.poisson(Math.max(0, goodMean)), errors };
}

function constant(mean: number): PodRates {
  const rates = new Float64Array(PODS).fill(mean);
  return () => rates;
}

/** Each pod draws a new rate for each poll; `icc` is the correlation of two requests in it. */
function betaBinomial(icc: number): Noise {
  const size = (1 - icc) / icc;
  return {
    name: `beta-binomial, correlation ${icc}`,
    start: (random, mean) => {
      const rates = new Float64Array(PODS);
      return () => {
        for (let pod = 0; pod < PODS; pod += 1) {
          rates[pod] = random.beta(mean * size, (1 - mean) * size);
        }
        return rates;
      };
    },
  };
}

/** Each pod is well, or fails this share of its requests for a while of random length. */
function episodes(model: {
  readonly name: string;
  readonly share: number;
  readonly meanSeconds: number;
}): Noise {
  const { name, share, meanSeconds } = model;
  const ends = POLL_SECONDS / meanSeconds;
  return {
    name,
    start: (random, mean) => {
      const ill = mean / share;
      const begins = (ends * ill) / (1 - ill);
      const rates = Float64Array.from({ length: PODS }, () =>
        random.uniform() < ill ? share : 0,
      );
      return () => {
        for (let pod = 0; pod < PODS; pod += 1) {
          const isIll = (rates[pod] ?? 0) > 0;
          // With ends = 1 every poll is drawn afresh; begins then equals ill/(1 - ill), so use ill.
          const next = ends >= 1 ? ill : isIll ? 1 - ends : begins;
          rates[pod] = random.uniform() < next ? share : 0;
        }
        return rates;
      };
    },
  };
}
