// Counts what happened, in all and per version that answered. Times are milliseconds since 1970.
import { unknownVersion } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { createLatencyHistogram } from './latency-histogram.ts';

/** What one version answered. */
export interface VersionFigures {
  readonly requests: number;
  readonly serverErrors: number;
  readonly firstResponseAt: number;
  readonly lastResponseAt: number;
  readonly firstBadAt: number | undefined;
  readonly lastBadAt: number | undefined;
}

export interface Figures {
  /** Finished attempts; a repeat under the same key counts again. */
  readonly requests: number;
  readonly serverErrors: number;
  readonly connectionErrors: number;
  readonly timeouts: number;
  /** Answers that make no sense, such as 404 for an account that exists. */
  readonly unexpected: number;
  /** The four kinds of failure together: what a user would call broken. */
  readonly failed: number;
  readonly firstBadAt: number | undefined;
  readonly lastBadAt: number | undefined;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly versions: Readonly<Record<string, VersionFigures>>;
  /** How often each way of failing was seen: ECONNRESET, HTTP 503 with its problem, timeout, ... */
  readonly errorCodes: Readonly<Record<string, number>>;
}

export interface Tally {
  add(exchange: Exchange, sense: 'expected' | 'unexpected'): void;
  figures(): Figures;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const maxVersions = 32;
const maxErrorCodes = 32;

export function createTally(now: () => number = Date.now): Tally {
  const versions = new Map<string, Mutable<VersionFigures>>();
  const errorCodes = new Map<string, number>();
  const latencies = createLatencyHistogram();
  const counts = {
    requests: 0,
    serverErrors: 0,
    connectionErrors: 0,
    timeouts: 0,
    unexpected: 0,
    failed: 0,
  };
  let firstBadAt: number | undefined;
  let lastBadAt: number | undefined;

  const figuresOf = (version: string, at: number): Mutable<VersionFigures> => {
    const name = versions.has(version) || versions.size < maxVersions ? version : unknownVersion;
    const known = versions.get(name);
    if (known !== undefined) return known;
    const fresh = {
      requests: 0,
      serverErrors: 0,
      firstResponseAt: at,
      lastResponseAt: at,
      firstBadAt: undefined,
      lastBadAt: undefined,
    };
    versions.set(name, fresh);
    return fresh;
  };

  const addAnswer = (version: string, isBad: boolean, at: number): void => {
    const figures = figuresOf(version, at);
    figures.requests += 1;
    figures.lastResponseAt = at;
    if (!isBad) return;
    figures.serverErrors += 1;
    figures.firstBadAt ??= at;
    figures.lastBadAt = at;
  };

  return {
    add: (exchange, sense) => {
      const at = now();
      counts.requests += 1;
      latencies.add(exchange.latencyMs);
      const kind = failureOf(exchange, sense);
      if (exchange.kind === 'answered') addAnswer(exchange.version, kind === 'serverErrors', at);
      if (kind === undefined) return;
      const code = codeOf(exchange);
      if (errorCodes.has(code) || errorCodes.size < maxErrorCodes)
        errorCodes.set(code, (errorCodes.get(code) ?? 0) + 1);
      counts[kind] += 1;
      counts.failed += 1;
      firstBadAt ??= at;
      lastBadAt = at;
    },
    figures: () => ({
      ...counts,
      firstBadAt,
      lastBadAt,
      p50Ms: latencies.percentileMs(0.5),
      p99Ms: latencies.percentileMs(0.99),
      versions: Object.fromEntries(
        [...versions].map(([version, figures]) => [version, { ...figures }]),
      ),
      errorCodes: Object.fromEntries(errorCodes),
    }),
  };
}

function codeOf(exchange: Exchange): string {
  switch (exchange.kind) {
    case 'timeout':
      return 'timeout';
    case 'connectionError':
      return exchange.code;
    case 'answered': {
      const { type } = (exchange.body ?? {}) as { readonly type?: unknown };
      const problem = typeof type === 'string' ? ` ${type.slice(0, 64)}` : '';
      return `HTTP ${exchange.status}${problem}`;
    }
  }
}

function failureOf(
  exchange: Exchange,
  sense: 'expected' | 'unexpected',
): 'serverErrors' | 'connectionErrors' | 'timeouts' | 'unexpected' | undefined {
  switch (exchange.kind) {
    case 'timeout':
      return 'timeouts';
    case 'connectionError':
      return 'connectionErrors';
    case 'answered':
      if (exchange.status >= 500) return 'serverErrors';
      return sense === 'unexpected' ? 'unexpected' : undefined;
  }
}
