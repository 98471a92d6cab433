// EventRecorder: Events for people, written beside the loop and never in its way.
// Equal ones become a series with a count, floods are cut per object, and what does not fit is
// dropped and counted: an Event is a courtesy, never a record the product relies on.

import { randomBytes } from 'node:crypto';

import type { Clock, Timer } from '../lib/clock.ts';
import { silent } from '../lib/log.ts';
import type { Log } from '../lib/log.ts';
import { ApiError } from './api-error.ts';
import type { KubeClient } from './client.ts';
import type { RawObject, ResourceType } from './resource.ts';
import { createTokenBuckets } from './token-buckets.ts';

export const EVENT_TYPE: ResourceType = {
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
};

export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
}

export interface EventInput {
  readonly regarding: ObjectReference;
  readonly related?: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  /** Why, in CamelCase, from a closed catalogue. */
  readonly reason: string;
  /** What was done or not done, in CamelCase. */
  readonly action: string;
  /** A sentence for people; cut to 1,024 bytes. */
  readonly note: string;
}

export interface EventRecorder {
  /** Never throws and never waits. */
  record(event: EventInput): void;
  counts(): EventCounts;
  /** Writes what is queued, and the counts of open series, within `timeoutMs` (default 2 s). */
  stop(timeoutMs?: number): Promise<void>;
}

export interface EventCounts {
  readonly written: number;
  /** Not written: too many for the object, queue full, or refused by the server. */
  readonly dropped: number;
  readonly queued: number;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** "slipway.dev/operator" */
  readonly controller: string;
  /** This process, for example the pod's name. */
  readonly instance: string;
  readonly log?: Log;
  /** Events waiting to be written (default 1,000). */
  readonly maxQueued?: number;
}

const SERIES_WINDOW_MS = 6 * 60_000;
const SERIES_FLUSH_MS = 10_000;
const MAX_SERIES = 2000;
const MAX_NOTE_BYTES = 1024;
const EVENTS_PER_OBJECT = 25;
const REFILL_MS_PER_EVENT = 12_000;
const WRITE_TIMEOUT_MS = 5000;
const MAX_ATTEMPTS = 3;

type Series = {
  readonly event: EventInput;
  readonly key: string;
  readonly name: string;
  readonly firstAt: number;
  count: number;
  lastAt: number;
  lastMs: number;
  /** The count the server knows; 0 while the first Event is not written. */
  writtenCount: number;
  queued: boolean;
};

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, clock, log = silent, maxQueued = 1000 } = options;
  const buckets = createTokenBuckets({
    clock,
    capacity: EVENTS_PER_OBJECT,
    refillMsPerToken: REFILL_MS_PER_EVENT,
    maxKeys: MAX_SERIES,
  });
  const series = new Map<string, Series>();
  const queue: Series[] = [];
  const counts = { written: 0, dropped: 0 };
  let writing: Promise<void> | undefined;
  let flushTimer: Timer | undefined;
  let stopped = false;

  function record(event: EventInput): void {
    if (stopped) return;
    const key = seriesKey(event);
    const open = series.get(key);
    if (open !== undefined && clock.monotonic() - open.lastMs < SERIES_WINDOW_MS) {
      open.count += 1;
      open.lastAt = clock.now();
      open.lastMs = clock.monotonic();
      flushTimer ??= clock.setTimer(flushSeries, SERIES_FLUSH_MS);
      return;
    }
    if (!buckets.take(objectKey(event.regarding))) {
      counts.dropped += 1;
      return;
    }
    const begun = beginSeries(event, key);
    if (!enqueue(begun)) return;
    // Set anew, so that the oldest series is the first of the map.
    series.delete(key);
    series.set(key, begun);
    if (series.size > MAX_SERIES) forgetOldest();
  }

  function beginSeries(event: EventInput, key: string): Series {
    return {
      event,
      key,
      name: `${event.regarding.name.slice(0, 230)}.${randomBytes(8).toString('hex')}`,
      firstAt: clock.now(),
      lastAt: clock.now(),
      lastMs: clock.monotonic(),
      count: 1,
      writtenCount: 0,
      queued: false,
    };
  }

  function forgetOldest(): void {
    for (const key of series.keys()) {
      series.delete(key);
      return;
    }
  }

  function enqueue(item: Series): boolean {
    if (item.queued) return true;
    if (queue.length >= maxQueued) {
      counts.dropped += 1;
      return false;
    }
    item.queued = true;
    queue.push(item);
    writing ??= writeQueued();
    return true;
  }

  function flushSeries(): void {
    flushTimer = undefined;
    for (const [key, item] of series) {
      if (item.count > item.writtenCount) enqueue(item);
      if (clock.monotonic() - item.lastMs >= SERIES_WINDOW_MS) series.delete(key);
    }
  }

  /** One write after the other: Events must never take sockets from the loop. */
  async function writeQueued(): Promise<void> {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      item.queued = false;
      // It may have been queued again while its last write was under way, and then said all.
      if (item.count > item.writtenCount) await writeOne(item);
    }
    writing = undefined;
  }

  async function writeOne(item: Series): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const { count } = item;
      try {
        if (item.writtenCount === 0) await client.create(EVENT_TYPE, eventObject(item), CALL);
        else await client.mergePatch(eventRef(item), { series: seriesField(item) }, CALL);
        item.writtenCount = count;
        counts.written += 1;
        return;
      } catch (error) {
        if (error instanceof ApiError && error.code === 'alreadyExists') {
          // Our own create, whose answer was lost.
          item.writtenCount = 1;
          if (item.count === 1) {
            counts.written += 1;
            return;
          }
        } else if (attempt >= MAX_ATTEMPTS || !mayPass(error)) {
          counts.dropped += 1;
          series.delete(item.key);
          log('warn', 'event not written', { reason: item.event.reason, error });
          return;
        }
      }
    }
  }

  function eventObject(item: Series): RawObject {
    const { event, name } = item;
    return {
      metadata: { name, namespace: namespaceOf(event) },
      eventTime: microTime(item.firstAt),
      reportingController: options.controller,
      reportingInstance: options.instance.slice(0, 128),
      type: event.type,
      reason: event.reason.slice(0, 128),
      action: event.action.slice(0, 128),
      note: cutBytes(event.note, MAX_NOTE_BYTES),
      regarding: event.regarding,
      ...(event.related === undefined ? {} : { related: event.related }),
      ...(item.count > 1 ? { series: seriesField(item) } : {}),
    };
  }

  return {
    record,
    counts: () => ({ ...counts, queued: queue.length }),
    async stop(timeoutMs = 2000) {
      if (stopped) return;
      flushTimer?.cancel();
      flushSeries();
      flushTimer?.cancel();
      stopped = true;
      if (writing === undefined) return;
      const timeUp = Promise.withResolvers<void>();
      const timer = clock.setTimer(timeUp.resolve, timeoutMs);
      await Promise.race([writing, timeUp.promise]);
      timer.cancel();
      counts.dropped += queue.length;
      queue.length = 0;
    },
  };
}

const CALL = { timeoutMs: WRITE_TIMEOUT_MS };

function eventRef({ event, name }: Series) {
  return { type: EVENT_TYPE, namespace: namespaceOf(event), name };
}

function seriesField({ count, lastAt }: Series) {
  return { count, lastObservedTime: microTime(lastAt) };
}

/** Events about cluster-scoped objects live in "default", as everywhere in Kubernetes. */
function namespaceOf(event: EventInput): string {
  return event.regarding.namespace ?? 'default';
}

function seriesKey({ regarding, type, reason, action, note }: EventInput): string {
  return JSON.stringify([objectKey(regarding), type, reason, action, note]);
}

function objectKey({ kind, namespace, name, uid }: ObjectReference): string {
  return `${kind}/${namespace ?? ''}/${name}/${uid ?? ''}`;
}

function mayPass(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return ['network', 'timeout', 'server', 'tooManyRequests'].includes(error.code);
}

function cutBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  // The decoder puts U+FFFD (three bytes) in place of a character cut in two; leave room, drop it.
  const cut = Buffer.from(text).subarray(0, maxBytes - 3).toString('utf8');
  return `${cut.replace(/\uFFFD$/, '')}…`;
}

function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}
