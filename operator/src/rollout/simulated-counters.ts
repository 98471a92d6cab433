// What simulated pods count: requests and errors at random, and latency that is log-normal.
import type { Counters } from '../analysis/sample.ts';
import type { SeededRandom } from '../lib/seeded-random.ts';

/** Latency of both versions; the candidate's is the same and something on top. */
export interface SimulatedLatency {
  /** Upper bounds of the histogram's buckets, in seconds. */
  readonly boundsSeconds: readonly number[];
  readonly medianSeconds: number;
  /** Standard deviation of ln of the seconds. */
  readonly spread: number;
  readonly candidateSlowerSeconds: number;
}

/** One poll's worth; the number of requests is Poisson. `errorShare` 0..1. */
export function countsIn(
  random: SeededRandom,
  { errorShare, mean }: { readonly mean: number; readonly errorShare: number },
): Counters {
  const errors = random.poisson(mean * errorShare);
  return { requests: errors + random.poisson(mean * (1 - errorShare)), errors };
}

/** The same requests with how long each took. */
export function withLatency(
  random: SeededRandom,
  counts: Counters,
  latency: Omit<SimulatedLatency, 'candidateSlowerSeconds'> & { readonly slowerSeconds: number },
): Counters {
  const { boundsSeconds, medianSeconds, slowerSeconds, spread } = latency;
  const cumulative = boundsSeconds.map(() => 0);
  for (let request = 0; request < counts.requests; request += 1) {
    const seconds = medianSeconds * Math.exp(spread * random.normal()) + slowerSeconds;
    const first = boundsSeconds.findIndex((bound) => seconds <= bound);
    for (let index = first; index >= 0 && index < cumulative.length; index += 1) {
      cumulative[index] = (cumulative[index] ?? 0) + 1;
    }
  }
  return { ...counts, latency: { boundsSeconds, cumulative, count: counts.requests } };
}

/** What a pod shows that has counted both; the bounds are the same. */
export function sumOfCounters(a: Counters, b: Counters): Counters {
  const { latency } = b;
  const before = a.latency;
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    ...(latency === undefined
      ? {}
      : {
          latency: {
            ...latency,
            cumulative: latency.cumulative.map((n, index) => n + (before?.cumulative[index] ?? 0)),
            count: latency.count + (before?.count ?? 0),
          },
        }),
  };
}
