// Many simulated releases in a few sentences: how many end how, how long they take, what users see.
import type { SimulatedRelease } from '../rollout/simulate.ts';

export interface Spread {
  readonly median: number;
  readonly p95: number;
}

export interface SimulationSummary {
  readonly runs: number;
  readonly promoted: number;
  readonly rolledBack: number;
  readonly held: number;
  /** Of those that were promoted. */
  readonly secondsToPromote: Spread;
  /** From the first weight above 0, of those that were taken back. */
  readonly secondsToRollback: Spread;
  readonly badResponses: Spread;
  /** How many were taken back at each weight, in percent of the traffic, lowest first. */
  readonly takenBackAt: readonly (readonly [weight: number, releases: number])[];
}

export function summaryOf(releases: readonly SimulatedRelease[]): SimulationSummary {
  const ended = (outcome: SimulatedRelease['outcome']) =>
    releases.filter((one) => one.outcome === outcome);
  const taken = ended('rolledBack');
  const promoted = ended('promoted');
  const weights = new Map<number, number>();
  for (const { weight } of taken) weights.set(weight, (weights.get(weight) ?? 0) + 1);
  return {
    runs: releases.length,
    promoted: promoted.length,
    rolledBack: taken.length,
    held: ended('held').length,
    secondsToPromote: spreadOf(promoted.map(({ seconds }) => seconds)),
    secondsToRollback: spreadOf(taken.map((one) => one.exposedSeconds ?? one.seconds)),
    badResponses: spreadOf(releases.map(({ badResponses }) => badResponses)),
    takenBackAt: [...weights].toSorted(([a], [b]) => a - b),
  };
}

/** Median and 95th percentile by nearest rank; 0 for none. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { median: at(0.5), p95: at(0.95) };
}

/** Evidence over the polls: lower, middle and upper of the releases that are still under way. */
export interface Band {
  readonly name: string;
  /** ln of the evidence; one entry for each poll. */
  readonly points: readonly { readonly low: number; readonly middle: number; readonly high: number }[];
}

/** The middle half and the median; releases that have ended stay where they ended. */
export function bandOf(name: string, releases: readonly SimulatedRelease[], polls: number): Band {
  const points = Array.from({ length: polls }, (_, poll) => {
    const values = releases
      .map(({ logEvidence }) => logEvidence[Math.min(poll, logEvidence.length - 1)] ?? 0)
      .toSorted((a, b) => a - b);
    const at = (share: number): number => values[Math.floor(share * (values.length - 1))] ?? 0;
    return { low: at(0.25), middle: at(0.5), high: at(0.75) };
  });
  return { name, points };
}
