// Simulated traffic: 50 requests per second, 5 % of them at the canary, a poll every 5 seconds.
// Errors are independent here; clustered ones are in noise.ts.
import type { TwoArmCounts } from '../../../operator/src/analysis/e-process.ts';
import type { SeededRandom } from '../../../operator/src/lib/seeded-random.ts';

export const POLL_SECONDS = 5;
export const WEIGHT = 0.05;
export const REQUESTS_PER_POLL = 50 * POLL_SECONDS;
export const CANARY_PER_POLL = REQUESTS_PER_POLL * WEIGHT;

/** Error rates of both arms, 0..1. */
export type Rates = { readonly canary: number; readonly stable: number };

/** Polls in so many minutes. */
export function pollsIn(minutes: number): number {
  return Math.round((minutes * 60) / POLL_SECONDS);
}

/** One poll with independent errors. */
export function independentPoll(random: SeededRandom, rates: Rates): TwoArmCounts {
  return {
    canary: arm(random, CANARY_PER_POLL, rates.canary),
    stable: arm(random, REQUESTS_PER_POLL - CANARY_PER_POLL, rates.stable),
  };
}

function arm(random: SeededRandom, mean: number, rate: number): TwoArmCounts['canary'] {
  const errors = random.poisson(mean * rate);
  return { requests: errors + random.poisson(mean * (1 - rate)), errors };
}
