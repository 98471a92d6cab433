// What /metrics shows. The version is a label on each series, so that two versions can be compared.
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** One finished request. `route` is a template such as /accounts/:id, so its values are few. */
export interface RequestSample {
  readonly method: string;
  readonly route: string;
  readonly code: string;
  readonly seconds: number;
}

export interface PoolSample {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

export interface Metrics {
  /** A request has begun; recordRequest ends it. */
  beginRequest(): void;
  recordRequest(sample: RequestSample): void;
  recordRetry(kind: string): void;
  /** A read of the cache: hit, negative, miss, or off when Redis gave no answer. */
  recordCacheRead(result: string): void;
  /** From now on the pool's state is read at each scrape. */
  observePool(pool: PoolSample): void;
  readonly contentType: string;
  render(): Promise<string>;
}

/* Steps of about 1.5 where the ledger's answers lie: a version that takes twice as long crosses a
   whole one, and is found by it. */
const BUCKETS_SECONDS = [
  0.0025, 0.004, 0.006, 0.01, 0.015, 0.025, 0.04, 0.06, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5,
];

interface RequestSeries {
  readonly count: Counter.Internal;
  readonly duration: Histogram.Internal<'method' | 'route' | 'code'>;
}

const maxSeries = 1_000;

/** A registry of its own, so that tests can have several. */
export function createMetrics({ version }: { version: string }): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ version });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const labelNames = ['method', 'route', 'code'] as const;
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered.',
    labelNames,
    registers,
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of its answer.',
    labelNames,
    buckets: BUCKETS_SECONDS,
    registers,
  });
  let running = 0;
  const inFlight = new Gauge({
    name: 'http_requests_in_flight',
    help: 'Requests being worked on.',
    registers,
    collect() {
      this.set(running);
    },
  });
  inFlight.set(0);
  const retries = new Counter({
    name: 'ledger_retries_total',
    help: 'Statements tried again.',
    labelNames: ['kind'],
    registers,
  });
  const cacheReads = new Counter({
    name: 'ledger_cache_reads_total',
    help: 'Accounts asked of the cache; off counts those it gave no answer to.',
    labelNames: ['result'],
    registers,
  });
  for (const kind of ['conflict', 'lost', 'unreachable']) retries.inc({ kind }, 0);

  /* Finding the series of some labels costs more than counting in it. There are few: routes are
     templates, and methods and codes are those of HTTP. */
  const series = new Map<string, RequestSeries>();
  const seriesOf = ({ method, route, code }: RequestSample): RequestSeries => {
    const key = `${method} ${route} ${code}`;
    const known = series.get(key);
    if (known !== undefined) return known;
    const labels = { method, route, code };
    const found = { count: requests.labels(labels), duration: durations.labels(labels) };
    if (series.size < maxSeries) series.set(key, found);
    return found;
  };

  return {
    beginRequest: () => {
      running += 1;
    },
    recordRequest: (sample) => {
      running -= 1;
      const { count, duration } = seriesOf(sample);
      count.inc();
      duration.observe(sample.seconds);
    },
    recordRetry: (kind) => retries.inc({ kind }),
    recordCacheRead: (result) => cacheReads.inc({ result }),
    observePool: (pool) => {
      const gauge = new Gauge({
        name: 'ledger_pool_connections',
        help: 'Database connections by state; waiting counts requests without one.',
        labelNames: ['state'],
        registers,
        collect() {
          this.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
          this.set({ state: 'idle' }, pool.idleCount);
          this.set({ state: 'waiting' }, pool.waitingCount);
        },
      });
      gauge.reset();
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}
