// Reflector: keeps a cache equal to what the API server has, whatever happens in between.
//
//              page, more to come            any end or failure but "expired": same place again
//                  +------+                          +------+
//                  v      |                          v      |
//   start ---> listing ---+--- last page: swap ---> watching
//                  ^                                   |
//                  +---------- 410 / expired ----------+
//
// A list is collected aside and swapped in at once, with deletes made up for what vanished meanwhile.
// A watch goes on from the last version seen. Failures wait 0.8 s to 30 s, and never end it; only
// stop() does.

import { sleep, systemClock } from '../lib/clock.ts';
import type { Clock } from '../lib/clock.ts';
import { silent } from '../lib/log.ts';
import type { Log } from '../lib/log.ts';
import { ApiError, errorFromStatus } from './api-error.ts';
import { createBackoff } from './backoff.ts';
import { createCache } from './cache.ts';
import type { Cache, Keyed } from './cache.ts';
import { PAGE_LIMIT, withKind } from './client.ts';
import type { RawList } from './client.ts';
import { createLineSplitter } from './line-splitter.ts';
import { applyEvent, applyList } from './reflector-changes.ts';
import type { Change } from './reflector-changes.ts';
import { compareResourceVersions } from './resource-version.ts';
import { collectionPath } from './resource.ts';
import type { RawObject, ResourceType } from './resource.ts';
import type { ByteStream, Transport } from './transport.ts';

export type { Keyed } from './cache.ts';
export type { Change } from './reflector-changes.ts';

export interface ReflectorOptions<T extends Keyed> {
  readonly transport: Transport;
  readonly type: ResourceType;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** For metadata only: application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1 */
  readonly accept?: string;
  /** Keeps the few fields that are needed. An object it throws on is left out, counted and logged. */
  readonly project: (raw: RawObject) => T;
  /** Called in order, with the cache already changed. What it throws is counted and logged. */
  readonly onChange: (change: Change<T>) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly log?: Log;
}

export interface Reflector<T extends Keyed> {
  readonly cache: Cache<T>;
  /** Resolves after the first full list; rejects when stopped before. */
  readonly synced: Promise<void>;
  /** The version up to which the cache is complete; '' before the first list. */
  resourceVersion(): string;
  /** `clock.monotonic()` at the last list, event or bookmark; 0 before the first. */
  lastEventAt(): number;
  stats(): ReflectorStats;
  /** Ends everything; no change is reported after the call. Resolves when nothing is left open. */
  stop(): Promise<void>;
}

export type ReconnectReason =
  | 'ended'
  | 'short'
  | 'stalled'
  | 'expired'
  | 'network'
  | 'refused'
  | 'garbled';

export interface ReflectorStats {
  readonly state: 'listing' | 'connecting' | 'watching' | 'waiting' | 'stopped';
  /** Complete lists, the first included. */
  readonly lists: number;
  readonly events: number;
  readonly duplicates: number;
  readonly handlerErrors: number;
  readonly projectionErrors: number;
  readonly reconnects: Readonly<Record<ReconnectReason, number>>;
}

const LIST_TIMEOUT_MS = 60_000;
const WATCH_HEADERS_TIMEOUT_MS = 30_000;
const STALL_MARGIN_MS = 15_000;
const HEALTHY_AFTER_MS = 120_000;
const SHORT_WATCH_MS = 1000;
const LONGEST_RETRY_AFTER_MS = 60_000;
const MAX_LINE_BYTES = 16 * 1024 * 1024;
// A quorum read never goes back in time. If it still does, so often in a row, then etcd was restored
// from a backup, and what the server says now is the truth.
const STALE_LISTS_BELIEVED = 3;

type State<T> =
  | { readonly kind: 'listing'; readonly shadow: Map<string, T>; readonly next: string | undefined }
  | { readonly kind: 'watching' };

type Failure = { readonly reason: ReconnectReason; readonly error: unknown };

export function startReflector<T extends Keyed>(options: ReflectorOptions<T>): Reflector<T> {
  const { transport, type, clock = systemClock, random = Math.random, log = silent } = options;
  const cache = createCache<T>((error) => {
    counts.projectionErrors += 1;
    log('error', 'object cannot be indexed', { plural: type.plural, error });
  });
  const path = collectionPath(type, options.namespace);
  const selectors = { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector };
  const backoff = createBackoff({ firstMs: 800, longestMs: 30_000, random });
  const stopping = new AbortController();
  const synced = Promise.withResolvers<void>();
  // Nobody need await it; a stop before the first list is not an unhandled failure.
  synced.promise.catch(() => undefined);

  let version = '';
  let quorumRead = false;
  let staleLists = 0;
  let expiries = 0;
  let lastEventMs = 0;
  let isSynced = false;
  let phase: ReflectorStats['state'] = 'listing';
  const counts = { lists: 0, events: 0, duplicates: 0, handlerErrors: 0, projectionErrors: 0 };
  const reconnects = {
    ended: 0, short: 0, stalled: 0, expired: 0, network: 0, refused: 0, garbled: 0,
  } satisfies Record<ReconnectReason, number>;

  const running = run();

  async function run(): Promise<void> {
    let state: State<T> = startOfList();
    while (!stopping.signal.aborted) {
      phase = state.kind === 'listing' ? 'listing' : 'connecting';
      try {
        state = state.kind === 'listing' ? await listPage(state) : await watchOnce();
      } catch (error) {
        if (stopping.signal.aborted) break;
        state = await recover(state, error);
      }
    }
    phase = 'stopped';
    if (!isSynced) synced.reject(new Error(`reflector of ${type.plural} stopped before its list`));
  }

  function startOfList(): State<T> {
    return { kind: 'listing', shadow: new Map(), next: undefined };
  }

  async function listPage(state: State<T> & { kind: 'listing' }): Promise<State<T>> {
    const first = state.next === undefined;
    const notOlder = first && version !== '' && !quorumRead;
    const page = await transport.request<RawList>({
      method: 'GET',
      path,
      query: {
        ...selectors,
        limit: PAGE_LIMIT,
        continue: state.next,
        resourceVersion: notOlder ? version : undefined,
        resourceVersionMatch: notOlder ? 'NotOlderThan' : undefined,
      },
      ...(options.accept === undefined ? {} : { accept: acceptList(options.accept) }),
      timeoutMs: LIST_TIMEOUT_MS,
      signal: stopping.signal,
      retry: 'never',
    });
    if (stopping.signal.aborted) return state;
    for (const raw of page.items ?? []) {
      const object = projected(withKind(raw, type));
      if (object !== undefined) state.shadow.set(`${object.namespace}/${object.name}`, object);
    }
    lastEventMs = clock.monotonic();
    const next = page.metadata?.continue;
    if (next !== undefined && next !== '') {
      if (next === state.next) throw new ReconnectError('garbled', 'the same page twice');
      return { ...state, next };
    }
    completeList(state.shadow, page.metadata?.resourceVersion ?? '');
    return { kind: 'watching' };
  }

  function completeList(shadow: Map<string, T>, listVersion: string): void {
    if (compareResourceVersions(listVersion, version) === 'older') {
      staleLists += 1;
      quorumRead = true;
      if (staleLists < STALE_LISTS_BELIEVED) throw staleList(listVersion, version);
    }
    staleLists = 0;
    quorumRead = false;
    version = listVersion;
    counts.lists += 1;
    const initial = !isSynced;
    for (const change of applyList(cache, shadow, initial)) report(change);
    if (initial) {
      isSynced = true;
      report({ kind: 'synced' });
      synced.resolve();
    }
  }

  async function watchOnce(): Promise<State<T>> {
    const timeoutSeconds = 240 + Math.floor(random() * 51);
    const openedMs = clock.monotonic();
    const eventsBefore = counts.events;
    const stream = await transport.stream({
      method: 'GET',
      path,
      query: {
        ...selectors,
        watch: true,
        resourceVersion: version,
        allowWatchBookmarks: true,
        timeoutSeconds,
      },
      ...(options.accept === undefined ? {} : { accept: options.accept }),
      timeoutMs: WATCH_HEADERS_TIMEOUT_MS,
      signal: stopping.signal,
    });
    phase = 'watching';
    const stallMs = timeoutSeconds * 1000 + STALL_MARGIN_MS;
    try {
      await consume(stream, stallMs);
    } finally {
      const livedMs = clock.monotonic() - openedMs;
      if (livedMs >= SHORT_WATCH_MS) expiries = 0;
      if (livedMs >= HEALTHY_AFTER_MS) backoff.reset();
    }
    if (clock.monotonic() - openedMs < SHORT_WATCH_MS && counts.events === eventsBefore) {
      // A server that closes each watch at once must not be asked thousands of times a second.
      throw new ReconnectError('short', `a watch of ${type.plural} ended at once`);
    }
    if (!stopping.signal.aborted) reconnects.ended += 1;
    return { kind: 'watching' };
  }

  async function consume(stream: ByteStream, stallMs: number): Promise<void> {
    const guard = guardAgainstStall({ clock, stream, stallMs });
    const stop = () => stream.cancel();
    stopping.signal.addEventListener('abort', stop, { once: true });
    if (stopping.signal.aborted) stream.cancel();
    const lines = createLineSplitter(MAX_LINE_BYTES);
    try {
      for await (const chunk of stream) {
        guard.heard();
        for (const line of split(lines, chunk)) {
          if (stopping.signal.aborted) return;
          if (line.length > 0) receive(line);
        }
      }
      if (guard.stalled()) {
        throw new ReconnectError('stalled', `a watch of ${type.plural} went silent`);
      }
    } finally {
      guard.end();
      stopping.signal.removeEventListener('abort', stop);
      stream.cancel();
    }
  }

  function receive(line: Buffer): void {
    const event = parseEvent(line);
    lastEventMs = clock.monotonic();
    switch (event.type) {
      case 'ERROR':
        throw errorFromStatus(event.object, `watch of ${type.plural}`);
      case 'BOOKMARK':
        advance(event.object.metadata.resourceVersion ?? '');
        return;
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED':
        if (!advance(event.object.metadata.resourceVersion ?? '')) {
          counts.duplicates += 1;
          return;
        }
        counts.events += 1;
        changeCache(event.type === 'DELETED', event.object);
    }
  }

  /** Events of one watch only go forward; one that does not is a repetition. */
  function advance(eventVersion: string): boolean {
    const order = compareResourceVersions(eventVersion, version);
    if (order === 'older' || order === 'equal') return false;
    version = eventVersion;
    return true;
  }

  function changeCache(isDelete: boolean, raw: RawObject): void {
    const { namespace = '', name = '' } = raw.metadata;
    // That an object is gone counts even when its last state cannot be read.
    const object = projected(raw) ?? (isDelete ? cache.get(namespace, name) : undefined);
    if (object === undefined) return;
    for (const change of applyEvent(cache, object, isDelete)) report(change);
  }

  function projected(raw: RawObject): T | undefined {
    try {
      return Object.freeze(options.project(raw));
    } catch (error) {
      counts.projectionErrors += 1;
      const { namespace, name } = raw.metadata ?? {};
      log('error', 'object cannot be read', { plural: type.plural, namespace, name, error });
      return undefined;
    }
  }

  function report(change: Change<T>): void {
    if (stopping.signal.aborted) return;
    try {
      options.onChange(change);
    } catch (error) {
      counts.handlerErrors += 1;
      log('error', 'change handler failed', { plural: type.plural, change: change.kind, error });
    }
  }

  async function recover(state: State<T>, error: unknown): Promise<State<T>> {
    const failure = classify(error);
    reconnects[failure.reason] += 1;
    const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
    if (failure.reason === 'expired') expiries += 1;
    const firstExpiry = failure.reason === 'expired' && expiries === 1;
    const backoffMs = backoff.nextMs();
    // History that is gone is no sign of trouble at the server: the first relist need not wait.
    // Restarted API servers begin with a short history, so this comes right after other failures.
    const delayMs = firstExpiry ? 0 : Math.max(backoffMs, Math.min(askedMs, LONGEST_RETRY_AFTER_MS));
    log('warn', 'watching again', { plural: type.plural, reason: failure.reason, delayMs, error });
    const next = stateAfter(state, failure);
    if (delayMs > 0) {
      phase = 'waiting';
      await sleep(clock, { ms: delayMs, signal: stopping.signal });
    }
    return next;
  }

  function stateAfter(state: State<T>, { reason, error }: Failure): State<T> {
    const tooLarge = isVersionTooLarge(error);
    if (state.kind === 'watching' && reason !== 'expired' && !tooLarge) return state;
    // The server refuses the version we named: ask for the newest instead.
    if (tooLarge || (reason === 'expired' && state.kind === 'listing')) quorumRead = true;
    const restart = state.kind === 'watching' || reason === 'expired' || tooLarge
      || error instanceof StaleListError;
    return restart ? startOfList() : state;
  }

  return {
    cache,
    synced: synced.promise,
    resourceVersion: () => version,
    lastEventAt: () => lastEventMs,
    stats: () => ({ state: phase, ...counts, reconnects: { ...reconnects } }),
    stop() {
      stopping.abort();
      return running;
    },
  };
}

/** A reason of ours to open the watch again. */
class ReconnectError extends Error {
  readonly reason: ReconnectReason;
  constructor(reason: ReconnectReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

class StaleListError extends ReconnectError {}

function staleList(listed: string, seen: string): StaleListError {
  return new StaleListError('refused', `a list at version ${listed}, after ${seen} was seen`);
}

function classify(error: unknown): Failure {
  if (error instanceof ReconnectError) return { reason: error.reason, error };
  if (!(error instanceof ApiError)) return { reason: 'garbled', error };
  if (error.code === 'expired') return { reason: 'expired', error };
  return { reason: error.status === 0 ? 'network' : 'refused', error };
}

function isVersionTooLarge(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    error.code === 'timeout' &&
    /too large resource version/i.test(error.message)
  );
}

type WatchEvent = { readonly type: string; readonly object: RawObject };

function parseEvent(line: Buffer): WatchEvent {
  const parsed: unknown = parseJson(line);
  if (typeof parsed !== 'object' || parsed === null || !('type' in parsed && 'object' in parsed)) {
    throw new ReconnectError('garbled', 'a line of a watch is not an event');
  }
  const event = parsed as WatchEvent;
  if (event.type !== 'ERROR' && typeof event.object?.metadata !== 'object') {
    throw new ReconnectError('garbled', 'an event of a watch has no object with metadata');
  }
  return event;
}

function parseJson(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    throw new ReconnectError('garbled', 'a line of a watch is not JSON');
  }
}

function split(lines: ReturnType<typeof createLineSplitter>, chunk: Uint8Array): Buffer[] {
  try {
    return lines.push(chunk);
  } catch {
    throw new ReconnectError('garbled', 'a line of a watch is too long');
  }
}

/** Lists of metadata are asked for under another name than single objects. */
function acceptList(accept: string): string {
  return accept.replaceAll('as=PartialObjectMetadata;', 'as=PartialObjectMetadataList;');
}

interface StallGuard {
  heard(): void;
  stalled(): boolean;
  end(): void;
}

/** Cancels a stream on which nothing has come for `stallMs`: its peer may be gone without a word. */
function guardAgainstStall(options: {
  clock: Clock;
  stream: ByteStream;
  stallMs: number;
}): StallGuard {
  const { clock, stream, stallMs } = options;
  let heardMs = clock.monotonic();
  let stalled = false;
  let timer = clock.setTimer(check, stallMs);
  // The timer is set anew when it fires and not at every chunk.
  function check(): void {
    const restMs = heardMs + stallMs - clock.monotonic();
    if (restMs > 0) {
      timer = clock.setTimer(check, restMs);
      return;
    }
    stalled = true;
    stream.cancel();
  }
  return {
    heard() {
      heardMs = clock.monotonic();
    },
    stalled: () => stalled,
    end: () => timer.cancel(),
  };
}
