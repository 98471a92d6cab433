// Several signals, one decision: the weighted mean of their evidence. The mean of e-processes is
// one, whatever they have to do with each other, so 1/alpha bounds the whole; no other way of
// merging does at least as well without knowing more (Vovk & Wang 2021; Wang, arXiv 2409.19888).
import { logAdd, logOf } from './log-space.ts';
import type { Signal } from './verdict.ts';

/** One signal's evidence; weights are fixed before the release and sum to 1. */
export type LogSignal = {
  readonly signal: Signal;
  readonly weight: number;
  readonly logEvidence: number;
};

/** Relative weights of the signals; those that are not used leave theirs to the others. */
const WEIGHTS = { errors: 0.5, latency: 0.25, restarts: 0.25 } as const satisfies Record<
  Signal,
  number
>;

/** The weight of each signal in use. */
export function signalWeights(used: readonly Signal[]): Readonly<Record<Signal, number>> {
  const total = used.reduce((sum, signal) => sum + WEIGHTS[signal], 0);
  const weight = (signal: Signal): number =>
    used.includes(signal) ? WEIGHTS[signal] / total : 0;
  return { errors: weight('errors'), latency: weight('latency'), restarts: weight('restarts') };
}

/** ln of the weighted mean. `signals` is not empty. */
export function mergedLogEvidence(signals: readonly LogSignal[]): number {
  return signals
    .map(({ weight, logEvidence }) => logOf(weight) + logEvidence)
    .reduce((sum, next) => logAdd(sum, next));
}
