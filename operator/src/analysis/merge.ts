// Several signals, one decision: the weighted mean of their evidence. The mean of e-processes is
// one, whatever they have to do with each other, so 1/alpha bounds the whole; no other way of
// merging does at least as well without knowing more (Vovk & Wang 2021; Wang, arXiv 2409.19888).
import { logAdd, logOf } from './log-space.ts';
import type { BuiltInSignal, Signal } from './verdict.ts';

/** One signal's evidence; weights are fixed before the release and sum to 1. */
export type LogSignal = {
  readonly signal: Signal;
  readonly weight: number;
  readonly logEvidence: number;
};

/** Relative weights; signals that are not used leave theirs to the others. */
const WEIGHTS = {
  errors: 4,
  gateway: 4,
  latency: 2,
  restarts: 1,
  readiness: 1,
} as const satisfies Record<BuiltInSignal, number>;

/** All pairs of counters that the user named share this. */
const PAIRS_WEIGHT = 2;

/** The weight of each signal in use, in the same order; their sum is 1. */
export function signalWeights(used: readonly Signal[]): readonly number[] {
  const pairs = used.filter((signal) => !isBuiltIn(signal)).length;
  const relative = used.map((signal) =>
    isBuiltIn(signal) ? WEIGHTS[signal] : PAIRS_WEIGHT / pairs,
  );
  const total = relative.reduce((sum, weight) => sum + weight, 0);
  return relative.map((weight) => weight / total);
}

function isBuiltIn(signal: Signal): signal is BuiltInSignal {
  return Object.hasOwn(WEIGHTS, signal);
}

/** ln of the weighted mean; without any signal there is no evidence. */
export function mergedLogEvidence(signals: readonly LogSignal[]): number {
  if (signals.length === 0) return 0;
  return signals
    .map(({ weight, logEvidence }) => logOf(weight) + logEvidence)
    .reduce((sum, next) => logAdd(sum, next));
}
