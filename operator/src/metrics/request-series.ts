// Adding up series of request counters: which are users' requests, which of those failed, and the
// latency buckets beside them. Shared by the codecs; knows no particular name.
import type { LatencyCounters } from '../analysis/sample.ts';
import type { CounterReading, ExcludedPaths } from './codec.ts';
import type { Exposition } from './exposition.ts';
import type { SampleLine } from './sample-line.ts';

export type RequestNaming = {
  /** Sample name of the counter. */
  readonly counter: string;
  /** Its family, as a TYPE line may name it. */
  readonly families: readonly string[];
  /** Labels that may hold the HTTP status; the first present is read. */
  readonly statusLabels: readonly string[];
  /** Sample name of histogram buckets in seconds. */
  readonly buckets: string;
};

/** A classic histogram has a dozen; one with more than this is not read. */
const MAX_BOUNDS = 64;

const PATH_LABELS = ['http_route', 'route', 'path', 'handler', 'endpoint', 'uri', 'url_path'];

/**
 * Requests, errors (5xx; a 4xx is the client's) and latency. Undefined where the page has no such
 * counter, or has it without a status. A counter that is announced by its TYPE line and has no
 * series yet has counted nothing.
 */
export function readRequests(
  page: Exposition,
  excluded: ExcludedPaths,
  naming: RequestNaming,
): CounterReading | undefined {
  const all = page.series.filter((line) => line.name === naming.counter);
  const announced = naming.families.some((family) => page.families.has(family));
  const told = all.some((line) => statusOf(line, naming.statusLabels) !== undefined);
  if (all.length === 0 ? !announced : !told) return undefined;
  const users = all.filter((line) => !isExcluded(line, excluded));
  const failed = users.filter((line) => isServerError(statusOf(line, naming.statusLabels)));
  const latency = readLatency(page, excluded, naming.buckets);
  return {
    counters: {
      requests: sumOf(users),
      errors: sumOf(failed),
      ...(latency === undefined ? {} : { latency }),
    },
    ...originOf(all),
  };
}

/** What the series themselves, excluded ones included, say about where the numbers come from. */
export function originOf(lines: readonly SampleLine[]): Pick<CounterReading, 'basis' | 'paths'> {
  if (lines.length === 0) return { basis: 'announcement', paths: 'told' };
  const told = lines.some((line) => pathOf(line) !== undefined);
  return { basis: 'series', paths: told ? 'told' : 'unknown' };
}

/** Sum of counters; NaN as soon as one of them is none, so that the whole reading is refused. */
export function sumOf(lines: readonly SampleLine[]): number {
  return lines.reduce((sum, { value }) => (value >= 0 ? sum + value : Number.NaN), 0);
}

export function isExcluded(line: SampleLine, excluded: ExcludedPaths): boolean {
  const path = pathOf(line);
  return path !== undefined && excluded.has(plainPath(path));
}

/** Without query and trailing slash. */
export function plainPath(path: string): string {
  const [bare = ''] = path.split('?', 1);
  return bare.length > 1 && bare.endsWith('/') ? bare.slice(0, -1) : bare;
}

function pathOf(line: SampleLine): string | undefined {
  return firstLabel(line, PATH_LABELS);
}

function statusOf(line: SampleLine, labels: readonly string[]): string | undefined {
  return firstLabel(line, labels);
}

function firstLabel(line: SampleLine, names: readonly string[]): string | undefined {
  const name = names.find((label) => line.labels.has(label));
  return name === undefined ? undefined : line.labels.get(name);
}

/** 500..599, or the class as some libraries write it: 5xx. */
function isServerError(status: string | undefined): boolean {
  return status !== undefined && /^5(?:\d\d|xx)$/i.test(status);
}

/** Sum over all series, on the bounds that each of them has. */
function readLatency(
  page: Exposition,
  excluded: ExcludedPaths,
  buckets: string,
): LatencyCounters | undefined {
  const sums = new Map<string, { total: number; series: number }>();
  for (const line of page.series) {
    const le = line.name === buckets ? line.labels.get('le') : undefined;
    if (le === undefined || isExcluded(line, excluded)) continue;
    const sum = sums.get(le) ?? { total: 0, series: 0 };
    sums.set(le, { total: sum.total + line.value, series: sum.series + 1 });
  }
  const infinite = sums.get('+Inf');
  if (infinite === undefined) return undefined;
  const finite = [...sums]
    .filter(([le, sum]) => le !== '+Inf' && sum.series === infinite.series)
    .map(([le, sum]) => ({ bound: Number(le), total: sum.total }))
    .toSorted((a, b) => a.bound - b.bound);
  const latency = {
    boundsSeconds: finite.map(({ bound }) => bound),
    cumulative: finite.map(({ total }) => total),
    count: infinite.total,
  };
  return isHistogram(latency) ? latency : undefined;
}

/** Buckets that are read while requests end can contradict each other; then there is no latency. */
function isHistogram({ boundsSeconds, cumulative, count }: LatencyCounters): boolean {
  const rising = [0, ...cumulative, count];
  return (
    boundsSeconds.length > 0 &&
    boundsSeconds.length <= MAX_BOUNDS &&
    boundsSeconds.every(Number.isFinite) &&
    rising.every((total, i) => Number.isFinite(total) && total >= (rising[i - 1] ?? 0))
  );
}
