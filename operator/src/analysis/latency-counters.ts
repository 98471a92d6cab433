// Arithmetic on cumulative histograms: growth, sums over pods, sanity. The test on them is
// latency.ts.
import type { LatencyCounters } from './sample.ts';

/** More boundaries than this are not a classic histogram; such a histogram is not read. */
export const MAX_BOUNDS = 64;

/** Rising finite bounds, counts that rise with them up to `count`. */
export function latencyIsValid(latency: LatencyCounters): boolean {
  const { boundsSeconds, cumulative, count } = latency;
  return (
    boundsSeconds.length <= MAX_BOUNDS &&
    boundsSeconds.length === cumulative.length &&
    boundsSeconds.every(Number.isFinite) &&
    rises(boundsSeconds) &&
    [0, ...cumulative, count].every(Number.isFinite) &&
    rises([0, ...cumulative, count])
  );
}

/** True where the same histogram went down: its process restarted. */
export function latencyShrank(
  before: LatencyCounters | undefined,
  now: LatencyCounters | undefined,
): boolean {
  if (before === undefined || now === undefined || !sameBounds(before, now)) return false;
  return now.count < before.count || now.cumulative.some((n, i) => n < (before.cumulative[i] ?? 0));
}

/** What was observed between two readings; undefined where they cannot be compared. */
export function latencyGrowth(
  before: LatencyCounters,
  now: LatencyCounters,
): LatencyCounters | undefined {
  if (!sameBounds(before, now)) return undefined;
  const cumulative = now.cumulative.map((n, i) => n - (before.cumulative[i] ?? 0));
  const growth = { boundsSeconds: now.boundsSeconds, cumulative, count: now.count - before.count };
  // Buckets read while they were being written can step back against each other.
  return latencyIsValid(growth) ? growth : undefined;
}

/** Sum over the pods that have a histogram, on the bounds they all have. */
export function sumLatency(all: readonly LatencyCounters[]): LatencyCounters | undefined {
  const [first, ...rest] = all;
  return first === undefined ? undefined : rest.reduce(add, first);
}

/** The same histogram on those of `boundsSeconds` that it has. */
export function onBounds(
  latency: LatencyCounters,
  boundsSeconds: readonly number[],
): LatencyCounters {
  // By far the most frequent case, and the cheapest: one application, one list of bounds.
  if (areEqual(latency.boundsSeconds, boundsSeconds)) return latency;
  const kept = latency.boundsSeconds.flatMap((bound, index) =>
    boundsSeconds.includes(bound) ? [{ bound, n: latency.cumulative[index] ?? 0 }] : [],
  );
  return {
    boundsSeconds: kept.map(({ bound }) => bound),
    cumulative: kept.map(({ n }) => n),
    count: latency.count,
  };
}

function add(a: LatencyCounters, b: LatencyCounters): LatencyCounters {
  const left = onBounds(a, b.boundsSeconds);
  const right = onBounds(b, a.boundsSeconds);
  return {
    boundsSeconds: left.boundsSeconds,
    cumulative: left.cumulative.map((n, i) => n + (right.cumulative[i] ?? 0)),
    count: a.count + b.count,
  };
}

function sameBounds(a: LatencyCounters, b: LatencyCounters): boolean {
  return areEqual(a.boundsSeconds, b.boundsSeconds);
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((bound, i) => bound === b[i]));
}

function rises(values: readonly number[]): boolean {
  return values.every((value, i) => i === 0 || value >= (values[i - 1] ?? 0));
}
