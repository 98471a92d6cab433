// Metrics of the Kubernetes side, for Prometheus. Every label value that can occur starts at 0, so
// that a rate over the first occurrence is not lost.

import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

import type { Clock } from '../lib/clock.ts';
import type { Answered } from './http-transport.ts';
import type { QueueCounts } from './queue.ts';
import type { ReconnectReason, ReflectorStats } from './reflector.ts';
import type { Finished } from './worker.ts';

export interface KubeMetrics {
  /** For `connect`'s onAnswer. */
  answered(answer: Answered): void;
  /** For `runWorkers`' onOutcome. */
  reconciled(finished: Finished<string>): void;
  /** Reads the queue at each scrape. */
  watchQueue(queue: { counts(): QueueCounts }): void;
  /** Reads the reflector at each scrape; `resource` is the type's plural. */
  watchReflector(resource: string, reflector: ObservedReflector): void;
}

export interface ObservedReflector {
  readonly cache: { readonly size: number };
  lastEventAt(): number;
  stats(): ReflectorStats;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const satisfies Answered['method'][];
const CODE_CLASSES = ['2xx', '3xx', '4xx', '409', '429', '5xx', 'none'] as const;
const OUTCOMES = ['done', 'requeueAfter', 'retry', 'drop'] as const;
const REASONS = {
  ended: '', short: '', stalled: '', expired: '', network: '', refused: '', garbled: '',
} satisfies Record<ReconnectReason, ''>;
const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

/** Registers everything on `registry` under the prefix `slipway_`. */
export function createKubeMetrics(registry: Registry, clock: Clock): KubeMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'slipway_kube_requests_total',
    help: 'Answers of the API server by method and status class; "none" is no answer.',
    labelNames: ['method', 'code'],
    registers,
  });
  for (const method of METHODS) for (const code of CODE_CLASSES) requests.inc({ method, code }, 0);

  const outcomes = new Counter({
    name: 'slipway_reconcile_total',
    help: 'Reconciled keys by outcome; threw="true" is an error nobody named.',
    labelNames: ['outcome', 'threw'],
    registers,
  });
  for (const outcome of OUTCOMES) outcomes.inc({ outcome, threw: 'false' }, 0);
  outcomes.inc({ outcome: 'retry', threw: 'true' }, 0);

  const late = new Counter({
    name: 'slipway_reconcile_late_total',
    help: 'Reconciled keys that took longer than their deadline.',
    registers,
  });
  const seconds = new Histogram({
    name: 'slipway_reconcile_seconds',
    help: 'Time one key took.',
    buckets: SECONDS,
    registers,
  });

  return {
    answered: ({ method, status }) => requests.inc({ method, code: codeClass(status) }),
    reconciled(finished) {
      outcomes.inc({ outcome: finished.outcome.kind, threw: String(finished.threw) });
      seconds.observe(finished.elapsedMs / 1000);
      if (finished.late) late.inc();
    },
    watchQueue: (queue) => registerQueue(registry, queue),
    watchReflector: createReflectorMetrics(registry, clock),
  };
}

function codeClass(status: number): (typeof CODE_CLASSES)[number] {
  if (status === 0) return 'none';
  if (status === 409 || status === 429) return `${status}`;
  if (status < 300) return '2xx';
  if (status < 400) return '3xx';
  return status < 500 ? '4xx' : '5xx';
}

function registerQueue(registry: Registry, queue: { counts(): QueueCounts }): void {
  const depth = new Gauge({
    name: 'slipway_queue_keys',
    help: 'Keys ready to be worked on, waiting for their time, and being worked on.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const [state, keys] of Object.entries(queue.counts())) depth.set({ state }, keys);
    },
  });
}

function createReflectorMetrics(registry: Registry, clock: Clock): KubeMetrics['watchReflector'] {
  const reflectors = new Map<string, ObservedReflector>();
  const registers = [registry];
  const each = (visit: (resource: string, reflector: ObservedReflector) => void) => () => {
    for (const [resource, reflector] of reflectors) visit(resource, reflector);
  };
  const objects = new Gauge({
    name: 'slipway_cache_objects',
    help: 'Objects in the cache.',
    labelNames: ['resource'],
    registers,
    collect: each((resource, { cache }) => objects.set({ resource }, cache.size)),
  });
  const age = new Gauge({
    name: 'slipway_cache_last_event_age_seconds',
    help: 'Time since the last list, event or bookmark. The server sends a bookmark each minute.',
    labelNames: ['resource'],
    registers,
    collect: each((resource, reflector) =>
      age.set({ resource }, (clock.monotonic() - reflector.lastEventAt()) / 1000),
    ),
  });
  // Counted in the reflector, and only read here: set as a whole at each scrape.
  const lists = readCounter(registry, {
    name: 'slipway_cache_lists_total',
    help: 'Complete lists, the first included.',
    labelNames: ['resource'],
    collect: each((resource, reflector) => lists.set({ resource }, reflector.stats().lists)),
  });
  const reconnects = readCounter(registry, {
    name: 'slipway_cache_reconnects_total',
    help: 'Watches that ended and were opened again, by why.',
    labelNames: ['resource', 'reason'],
    collect: each((resource, reflector) => {
      for (const reason of Object.keys(REASONS) as ReconnectReason[]) {
        reconnects.set({ resource, reason }, reflector.stats().reconnects[reason]);
      }
    }),
  });
  return (resource, reflector) => void reflectors.set(resource, reflector);
}

interface ReadCounter {
  set(labels: Record<string, string>, value: number): void;
}

/** A counter whose value is kept elsewhere. */
function readCounter(
  registry: Registry,
  options: { name: string; help: string; labelNames: string[]; collect: () => void },
): ReadCounter {
  const counter = new Counter({
    ...options,
    registers: [registry],
    collect() {
      counter.reset();
      options.collect();
    },
  });
  return { set: (labels, value) => counter.inc(labels, value) };
}
