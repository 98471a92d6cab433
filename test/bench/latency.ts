// Figures of a list of latencies: p50 and, where it is asked for, p99.
import type { Figure } from './figure.ts';
import { median, quantile, short } from './statistics.ts';

export type LatencyOptions = {
  readonly samplesMs: readonly number[];
  /** Budgets in milliseconds. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly peers?: string;
  readonly note?: string;
};

/** @throws when there are no samples: nothing was measured, and that is no figure. */
export const latencyFigures = (what: string, options: LatencyOptions): readonly Figure[] => {
  const { samplesMs, p50Ms, p99Ms, peers, note } = options;
  if (samplesMs.length === 0) throw new Error(`no samples: ${what}`);
  const told = `n ${samplesMs.length}, max ${short(Math.max(...samplesMs))}${note === undefined ? '' : `; ${note}`}`;
  const figure = (share: string, value: number, mostMs: number | undefined): Figure => ({
    what: `${what}, ${share}`,
    value,
    unit: 'ms',
    ...(mostMs === undefined ? {} : { budget: { kind: 'time', mostMs } }),
    ...(peers === undefined ? {} : { peers }),
    note: told,
  });
  return [
    figure('p50', median(samplesMs), p50Ms),
    ...(p99Ms === undefined ? [] : [figure('p99', quantile(samplesMs, 0.99), p99Ms)]),
  ];
};
