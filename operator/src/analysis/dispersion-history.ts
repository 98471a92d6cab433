// What the stable pods of earlier releases have shown of how errors and slow requests cluster. It is
// learnt while a release is being watched, and used from the next one on: what tempers a verdict has
// to be known before the data it tempers, and at rest no pod is asked anything.
import { z } from 'zod';
import {
  DEFAULT_DISPERSION_PARAMS,
  type DispersionParams,
  type DispersionState,
  type PodGrowth,
  dispersionOf,
  initialDispersion,
  stepDispersion,
} from './dispersion.ts';
import { type KnownDispersion, UNKNOWN } from './params-of-spec.ts';
import type { LatencyCounters } from './sample.ts';

/** Plain JSON; a few hundred bytes between two releases. */
export type DispersionHistory = {
  readonly errors: DispersionState;
  readonly latency: DispersionState;
  /** Requests beyond this are the slow ones; chosen once, so that blocks can be compared. */
  readonly boundSeconds?: number;
};

/** About a tenth of the requests should be slow: enough to count, few enough to be told apart. */
const SLOW_SHARE = 0.1;
/** The boundary is chosen from no fewer requests than these. */
const LEAST_REQUESTS = 100;
const SHORT_SECONDS = 5;
const LONG_SECONDS = 60;

export function initialHistory(): DispersionHistory {
  return { errors: initialDispersion(), latency: initialDispersion() };
}

/** Takes in what the pods did in one poll; those of the canary teach nothing. */
export function stepHistory(
  history: DispersionHistory,
  growths: readonly PodGrowth[],
  everySeconds: number,
): DispersionHistory {
  const stable = growths.filter(({ arm }) => arm === 'stable');
  if (stable.length === 0) return history;
  const params = paramsFor(everySeconds);
  const errors = stepDispersion(history.errors, stable, params);
  const boundSeconds = history.boundSeconds ?? boundOf(stable);
  if (boundSeconds === undefined) return { ...history, errors };
  const slow = stable.flatMap(({ latency, podUid }) => {
    const counts = latency && slowerThan(latency, boundSeconds);
    return counts ? [{ podUid, ...counts }] : [];
  });
  return { errors, boundSeconds, latency: stepDispersion(history.latency, slow, params) };
}

/** phi of both, as far as it is known; of errors and slow requests that nobody saw, the assumed one. */
export function knownDispersion(history: DispersionHistory): KnownDispersion {
  const params = DEFAULT_DISPERSION_PARAMS;
  return {
    errors: dispersionOf(history.errors, params).phi,
    latency: Math.max(UNKNOWN.latency, dispersionOf(history.latency, params).phi),
  };
}

/** True where enough was seen of errors to go by it. */
export function isDispersionKnown(history: DispersionHistory): boolean {
  return dispersionOf(history.errors, DEFAULT_DISPERSION_PARAMS).kind === 'estimated';
}

/** What is kept between releases: sums alone, without the block that is being filled. */
export function settledHistory(history: DispersionHistory): DispersionHistory {
  const settled = ({ long, short }: DispersionState): DispersionState => ({
    short: { ...short, polls: 0, pods: {} },
    long: { ...long, polls: 0, pods: {} },
  });
  return { ...history, errors: settled(history.errors), latency: settled(history.latency) };
}

const block = z.object({
  polls: z.literal(0),
  pods: z.object({}).strict(),
  blocks: z.number().int().min(0),
  observed: z.number().min(0),
  expected: z.number().min(0),
});
const blocks = z.object({ short: block, long: block });
const stored = z.object({
  errors: blocks,
  latency: blocks,
  boundSeconds: z.number().positive().exactOptional(),
});

/** The history that a status holds; what does not fit is forgotten. */
export function restoreHistory(value: unknown): DispersionHistory {
  return stored.safeParse(value).data ?? initialHistory();
}

const known = z.object({ errors: z.number().min(1), latency: z.number().min(1) });

/** What tempers a release under way, as a status holds it; undefined where it holds nothing of it. */
export function restoreDispersion(value: unknown): KnownDispersion | undefined {
  return known.safeParse(value).data;
}

/* Blocks are as long in seconds whatever the pace of the polls. */
function paramsFor(everySeconds: number): DispersionParams {
  const polls = (seconds: number): number => Math.max(1, Math.round(seconds / everySeconds));
  return {
    ...DEFAULT_DISPERSION_PARAMS,
    shortPolls: polls(SHORT_SECONDS),
    longPolls: polls(LONG_SECONDS),
  };
}

function boundOf(pods: readonly PodGrowth[]): number | undefined {
  const latencies = pods.flatMap(({ latency }) => latency ?? []);
  const [first] = latencies;
  const requests = latencies.reduce((sum, { count }) => sum + count, 0);
  if (first === undefined || requests < LEAST_REQUESTS) return undefined;
  const distance = (bound: number): number => {
    const slow = latencies.reduce(
      (sum, latency) => sum + (slowerThan(latency, bound)?.errors ?? 0),
      0,
    );
    return Math.abs(slow / requests - SLOW_SHARE);
  };
  return first.boundsSeconds.toSorted((a, b) => distance(a) - distance(b))[0];
}

function slowerThan(
  { boundsSeconds, count, cumulative }: LatencyCounters,
  bound: number,
): { readonly requests: number; readonly errors: number } | undefined {
  const fast = cumulative[boundsSeconds.indexOf(bound)];
  return fast === undefined ? undefined : { requests: count, errors: count - fast };
}
