// KubeClient: the verbs, over a Transport. No typed models: what the server sends is what you get.

import { ApiError } from './api-error.ts';
import { apiVersionOf, collectionPath, objectPath } from './resource.ts';
import type { ObjectRef, RawObject, ResourceType } from './resource.ts';
import type { ApiCall, Transport } from './transport.ts';

export interface CallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly retry?: 'idempotent' | 'never';
}

export interface ListOptions extends CallOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface WriteOptions extends CallOptions {
  readonly subresource?: string;
  readonly fieldManager?: string;
  /** The server checks and answers, but keeps nothing; `onWrite` is not called. */
  readonly dryRun?: boolean;
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Take fields over from other managers; without it a disputed field is a conflict. */
  readonly force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
}

export type JsonPatchOperation =
  | { readonly op: 'test' | 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

export interface KubeClient {
  get(ref: ObjectRef, options?: CallOptions): Promise<RawObject>;
  /** All pages; throws an ApiError with code `expired` when they outlived the server's history. */
  list(type: ResourceType, options?: ListOptions): Promise<ListResult>;
  create(type: ResourceType, object: RawObject, options?: WriteOptions): Promise<RawObject>;
  /** Server-side apply. `object` carries its name, and a resourceVersion if it must not have moved. */
  apply(type: ResourceType, object: RawObject, options: ApplyOptions): Promise<RawObject>;
  jsonPatch(
    ref: ObjectRef,
    operations: readonly JsonPatchOperation[],
    options?: WriteOptions,
  ): Promise<RawObject>;
  mergePatch(ref: ObjectRef, patch: unknown, options?: WriteOptions): Promise<RawObject>;
  /** Resolves also when the object only begins to go (finalizers); `notFound` is thrown. */
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<void>;
}

export interface ListResult {
  readonly items: readonly RawObject[];
  readonly resourceVersion: string;
}

export interface Written {
  readonly type: ResourceType;
  readonly object: RawObject;
}

export interface ClientOptions {
  /** Throws when this process may no longer write; asked right before the bytes of each write. */
  readonly beforeWrite?: () => void;
  /** Told of each object as the server stored it, for reading one's own writes. */
  readonly onWrite?: (written: Written) => void;
}

/** Objects per page of a list. */
export const PAGE_LIMIT = 500;
const LIST_TIMEOUT_MS = 60_000;

/** The body of a list answer. */
export interface RawList {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly RawObject[] | null;
}

export function createClient(transport: Transport, options: ClientOptions = {}): KubeClient {
  const { beforeWrite, onWrite } = options;

  async function write(type: ResourceType, call: ApiCall): Promise<RawObject> {
    const guarded = beforeWrite === undefined ? call : { ...call, guard: beforeWrite };
    const object = await transport.request<RawObject>(guarded);
    const kept = call.query?.['dryRun'] === undefined && object?.metadata?.uid !== undefined;
    if (kept) onWrite?.({ type, object });
    return object;
  }

  const patch = (
    { ref, contentType, body }: PatchParts,
    options: WriteOptions & { force?: boolean },
  ): Promise<RawObject> =>
    write(ref.type, {
      ...callFields(options),
      method: 'PATCH',
      path: objectPath(ref.type, ref, options.subresource),
      query: { ...writeQuery(options), force: options.force },
      contentType,
      body,
    });

  return {
    get: (ref, options = {}) =>
      transport.request<RawObject>({
        ...callFields(options),
        method: 'GET',
        path: objectPath(ref.type, ref),
      }),
    list: (type, options = {}) => listAll(transport, { type, options }),
    create: (type, object, options = {}) =>
      write(type, {
        ...callFields(options),
        method: 'POST',
        path: withSubresource(collectionPath(type, object.metadata.namespace), object, options),
        query: writeQuery(options),
        body: withKind(object, type),
      }),
    async apply(type, object, options) {
      const { name, namespace } = object.metadata;
      if (name === undefined) throw new Error(`apply of a ${type.kind} without a name`);
      const ref: ObjectRef = { type, name, ...(namespace === undefined ? {} : { namespace }) };
      const body = withKind(object, type);
      return patch({ ref, contentType: 'application/apply-patch+yaml', body }, options);
    },
    jsonPatch: (ref, operations, options = {}) =>
      patch({ ref, contentType: 'application/json-patch+json', body: operations }, options),
    mergePatch: (ref, body, options = {}) =>
      patch({ ref, contentType: 'application/merge-patch+json', body }, options),
    async delete(ref, options = {}) {
      const { preconditions, propagationPolicy } = options;
      await write(ref.type, {
        ...callFields(options),
        method: 'DELETE',
        path: objectPath(ref.type, ref),
        body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions, propagationPolicy },
      });
    },
  };
}

type PatchParts = {
  readonly ref: ObjectRef;
  readonly contentType: NonNullable<ApiCall['contentType']>;
  readonly body: unknown;
};

async function listAll(
  transport: Transport,
  { type, options }: { type: ResourceType; options: ListOptions },
): Promise<ListResult> {
  const items: RawObject[] = [];
  let next: string | undefined;
  for (;;) {
    const page = await transport.request<RawList>({
      timeoutMs: LIST_TIMEOUT_MS,
      ...callFields(options),
      method: 'GET',
      path: collectionPath(type, options.namespace),
      query: {
        limit: PAGE_LIMIT,
        continue: next,
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
      },
    });
    for (const item of page.items ?? []) items.push(withKind(item, type));
    const following = page.metadata?.continue;
    if (following === undefined || following === '') {
      return { items, resourceVersion: page.metadata?.resourceVersion ?? '' };
    }
    if (following === next) throw repeatedPage(type);
    next = following;
  }
}

/** The server leaves apiVersion and kind out of list items; a watch does not. Here both have them. */
export function withKind(object: RawObject, type: ResourceType): RawObject {
  if (object.kind !== undefined && object.apiVersion !== undefined) return object;
  return { ...object, apiVersion: apiVersionOf(type), kind: type.kind };
}

function repeatedPage(type: ResourceType): ApiError {
  return new ApiError({
    status: 0,
    code: 'other',
    reason: 'SamePageTwice',
    message: `list of ${type.plural}: the server sent the same continue token twice`,
  });
}

function withSubresource(path: string, object: RawObject, options: WriteOptions): string {
  if (options.subresource === undefined) return path;
  return `${path}/${encodeURIComponent(object.metadata.name ?? '')}/${options.subresource}`;
}

function writeQuery(options: WriteOptions): NonNullable<ApiCall['query']> {
  return {
    fieldManager: options.fieldManager,
    dryRun: options.dryRun === true ? 'All' : undefined,
  };
}

function callFields(options: CallOptions): CallOptions {
  const { timeoutMs, signal, retry } = options;
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
    ...(retry === undefined ? {} : { retry }),
  };
}
