// The store of a pretended API server: objects with versions and a history to watch.
// Answers calls as the real one does; knows nothing of sockets and nothing of faults.

import { isDeepStrictEqual } from 'node:util';

import type { ObjectMeta, RawObject, ResourceType } from '../resource.ts';
import { collectionPath } from '../resource.ts';
import { jsonPatch, mergePatch } from './fake-patch.ts';

export interface FakeCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType?: string | undefined;
  readonly body?: unknown;
}

export type FakeAnswer =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  /** A watch: `open` sends what happened since, then what happens, until the function it returns. */
  | { readonly kind: 'watch'; readonly open: (send: (event: WatchEvent) => void) => () => void };

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
}

export interface FakeStore {
  handle(call: FakeCall): FakeAnswer;
  /** Creates or replaces, as somebody else would. */
  put(type: ResourceType, object: RawObject): RawObject;
  remove(type: ResourceType, namespace: string, name: string): void;
  get(type: ResourceType, namespace: string, name: string): RawObject | undefined;
  list(type: ResourceType): RawObject[];
  /** Forgets the history before now: older watches and continue tokens are answered 410. */
  compact(): void;
  resourceVersion(): string;
  /** Sends a bookmark with the current version to every open watch. */
  bookmark(): void;
  /** Goes back to an empty store at a low version, as after restoring an old backup. */
  restore(resourceVersion: number): void;
}

type Entry = {
  readonly version: number;
  readonly collection: string;
  readonly type: WatchEvent['type'];
  readonly object: RawObject;
  readonly previous: RawObject | undefined;
};

type Watcher = { readonly hear: (entry: Entry) => void; readonly bookmark: () => void };
type Place = {
  /** Path of the collection over all namespaces. */
  readonly collection: string;
  readonly namespace: string;
  readonly name: string | undefined;
};

export function createFakeStore(): FakeStore {
  let version = 100;
  let compactedVersion = 0;
  let history: Entry[] = [];
  let uids = 0;
  let tokens = 0;
  const objects = new Map<string, Map<string, RawObject>>();
  const pages = new Map<string, { version: number; rest: RawObject[] }>();
  const watchers = new Set<Watcher>();

  const collectionOf = (collection: string): Map<string, RawObject> => {
    const found = objects.get(collection) ?? new Map<string, RawObject>();
    objects.set(collection, found);
    return found;
  };

  function store(collection: string, object: RawObject): RawObject {
    const key = keyOf(object.metadata);
    const previous = collectionOf(collection).get(key);
    version += 1;
    const stored: RawObject = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: previous?.metadata.uid ?? `uid-${++uids}`,
        resourceVersion: String(version),
      },
    };
    collectionOf(collection).set(key, stored);
    const type = previous === undefined ? 'ADDED' : 'MODIFIED';
    tell({ version, collection, type, object: stored, previous });
    return stored;
  }

  function erase(collection: string, key: string): RawObject | undefined {
    const previous = collectionOf(collection).get(key);
    if (previous === undefined) return undefined;
    version += 1;
    collectionOf(collection).delete(key);
    const metadata = { ...previous.metadata, resourceVersion: String(version) };
    tell({ version, collection, type: 'DELETED', object: { ...previous, metadata }, previous });
    return previous;
  }

  function tell(entry: Entry): void {
    history.push(entry);
    for (const watcher of watchers) watcher.hear(entry);
  }

  function handle(call: FakeCall): FakeAnswer {
    const place = parsePath(call.path);
    if (place === undefined) return failure(404, { reason: 'NotFound', message: 'no such path' });
    if (call.query.get('watch') === 'true') return watch(place, call.query);
    if (place.name === undefined) {
      return call.method === 'POST' ? create(place, call) : list(place, call.query);
    }
    const key = `${place.namespace}/${place.name}`;
    const current = collectionOf(place.collection).get(key);
    if (call.method === 'PATCH') return patch({ place, call, current });
    if (current === undefined) return notFound(place.name);
    if (call.method === 'GET') return json(200, current);
    if (call.method === 'DELETE') return remove({ place, call, current });
    return failure(405, { reason: 'MethodNotAllowed', message: call.method });
  }

  function list(place: Place, query: URLSearchParams): FakeAnswer {
    const limit = Number(query.get('limit') ?? 0);
    const wanted = Number(query.get('resourceVersion') ?? 0);
    if (wanted > version) {
      const message = `Too large resource version: ${wanted}, current: ${version}`;
      return failure(504, { reason: 'Timeout', message });
    }
    const page = openPage(place, query);
    if (page === undefined || page.version < compactedVersion) {
      return failure(410, { reason: 'Expired', message: 'continue token is too old' });
    }
    const size = limit > 0 ? limit : page.rest.length;
    const rest = page.rest.slice(size);
    const metadata: Record<string, string> = { resourceVersion: String(page.version) };
    if (rest.length > 0) {
      metadata['continue'] = `page-${++tokens}`;
      pages.set(metadata['continue'], { version: page.version, rest });
    }
    // The items of a real list have no apiVersion and kind of their own.
    const items = page.rest
      .slice(0, size)
      .map((item) => ({ ...item, apiVersion: undefined, kind: undefined }));
    return json(200, { kind: 'List', apiVersion: 'v1', metadata, items });
  }

  function openPage(place: Place, query: URLSearchParams) {
    const token = query.get('continue');
    if (token !== null) return pages.get(token);
    const rest = [...collectionOf(place.collection).values()].filter(selects(place, query));
    return { version, rest };
  }

  function watch(place: Place, query: URLSearchParams): FakeAnswer {
    const from = Number(query.get('resourceVersion') ?? 0);
    const selected = selects(place, query);
    return {
      kind: 'watch',
      open(send) {
        if (from < compactedVersion) {
          const message = `too old resource version: ${from} (${compactedVersion})`;
          send({ type: 'ERROR', object: status(410, { reason: 'Expired', message }) });
          return () => undefined;
        }
        const hear = (entry: Entry) => {
          if (entry.collection !== place.collection || entry.version <= from) return;
          const event = seenThrough(entry, selected);
          if (event !== undefined) send(event);
        };
        const bookmark = () => {
          if (query.get('allowWatchBookmarks') !== 'true') return;
          send({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } });
        };
        const watcher = { hear, bookmark };
        for (const entry of history) hear(entry);
        watchers.add(watcher);
        return () => watchers.delete(watcher);
      },
    };
  }

  function create(place: Place, call: FakeCall): FakeAnswer {
    const object = withNamespace(call.body as RawObject, place.namespace);
    if (collectionOf(place.collection).has(keyOf(object.metadata))) {
      const message = `"${object.metadata.name}" already exists`;
      return failure(409, { reason: 'AlreadyExists', message });
    }
    if (call.query.get('dryRun') === 'All') {
      return json(201, { ...object, metadata: { ...object.metadata, uid: 'not-kept' } });
    }
    return json(201, store(place.collection, object));
  }

  function patch(parts: {
    place: Place;
    call: FakeCall;
    current: RawObject | undefined;
  }): FakeAnswer {
    const { place, call, current } = parts;
    const isApply = call.contentType === 'application/apply-patch+yaml';
    if (current === undefined && !isApply) return notFound(place.name ?? '');
    const outcome =
      call.contentType === 'application/json-patch+json'
        ? jsonPatch(current, call.body as { op: string; path: string }[])
        : ({ kind: 'patched', value: mergePatch(current, call.body) } as const);
    if (outcome.kind === 'rejected') {
      const message = 'the server rejected our request due to an error in our request';
      return failure(422, { reason: 'Invalid', message });
    }
    const wanted = (call.body as RawObject).metadata?.resourceVersion;
    if (wanted !== undefined && wanted !== current?.metadata.resourceVersion) {
      return failure(409, { reason: 'Conflict', message: 'the object has been modified' });
    }
    const next = withNamespace(outcome.value as RawObject, place.namespace);
    // A patch that changes nothing is not stored: the version stays.
    if (current !== undefined && isDeepStrictEqual(next, current)) return json(200, current);
    if (call.query.get('dryRun') === 'All') return json(200, next);
    return json(current === undefined ? 201 : 200, store(place.collection, next));
  }

  function remove(parts: { place: Place; call: FakeCall; current: RawObject }): FakeAnswer {
    const { place, call, current } = parts;
    const { preconditions } = (call.body ?? {}) as { preconditions?: ObjectMeta };
    const { uid, resourceVersion } = preconditions ?? {};
    const holds =
      (uid ?? current.metadata.uid) === current.metadata.uid &&
      (resourceVersion ?? current.metadata.resourceVersion) === current.metadata.resourceVersion;
    if (!holds) return failure(409, { reason: 'Conflict', message: 'precondition failed' });
    erase(place.collection, keyOf(current.metadata));
    return json(200, { kind: 'Status', status: 'Success' });
  }

  return {
    handle,
    put: (type, object) =>
      store(collectionPath(type), {
        apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
        kind: type.kind,
        ...object,
      }),
    remove: (type, namespace, name) => void erase(collectionPath(type), `${namespace}/${name}`),
    get: (type, namespace, name) => collectionOf(collectionPath(type)).get(`${namespace}/${name}`),
    list: (type) => [...collectionOf(collectionPath(type)).values()],
    compact() {
      compactedVersion = version;
      history = [];
    },
    resourceVersion: () => String(version),
    bookmark() {
      for (const watcher of watchers) watcher.bookmark();
    },
    restore(resourceVersion) {
      version = resourceVersion;
      compactedVersion = 0;
      history = [];
      objects.clear();
    },
  };
}

const PATH =
  /^(\/api\/[^/]+|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?/;

/** /api/v1/pods, /apis/apps/v1/namespaces/x/deployments/y/status */
function parsePath(path: string): Place | undefined {
  const match = PATH.exec(path);
  const [, base, namespace = '', plural, name] = match ?? [];
  if (base === undefined || plural === undefined) return undefined;
  return { collection: `${base}/${plural}`, namespace, name };
}

function selects(place: Place, query: URLSearchParams): (object: RawObject) => boolean {
  const labels = (query.get('labelSelector') ?? '').split(',').filter((term) => term !== '');
  return ({ metadata }) =>
    (place.namespace === '' || place.namespace === metadata.namespace) &&
    labels.every((term) => {
      const [key = '', value] = term.split('=');
      return metadata.labels?.[key] === value;
    });
}

/** What a watch with a selector sees: objects that leave the selection are deleted, as it seems. */
function seenThrough(
  { type, object, previous }: Entry,
  selected: (object: RawObject) => boolean,
): WatchEvent | undefined {
  const is = selected(object);
  const was = previous !== undefined && selected(previous);
  if (type === 'DELETED') return was ? { type, object } : undefined;
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object };
  return was ? { type: 'DELETED', object } : undefined;
}

function keyOf({ namespace = '', name = '' }: ObjectMeta): string {
  return `${namespace}/${name}`;
}

function withNamespace(object: RawObject, namespace: string): RawObject {
  if (namespace === '') return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

function json(code: number, body: unknown): FakeAnswer {
  return { kind: 'json', status: code, body };
}

export function status(code: number, { reason, message }: { reason: string; message: string }) {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message };
}

function failure(code: number, words: { reason: string; message: string }): FakeAnswer {
  return json(code, status(code, words));
}

function notFound(name: string): FakeAnswer {
  return failure(404, { reason: 'NotFound', message: `"${name}" not found` });
}
