// Transport: raw JSON calls to one API server. Knows paths and bodies, no objects and no caches.

export { ApiError } from './api-error.ts';

export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Record<string, string | number | boolean | undefined>;
  readonly body?: unknown;
  /** Default application/json. A PATCH must say what it is. */
  readonly contentType?:
    | 'application/json'
    | 'application/json-patch+json'
    | 'application/merge-patch+json'
    | 'application/apply-patch+yaml';
  readonly accept?: string;
  /** For the whole call, its retries included (default 15 s); for a stream, until headers arrive. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Default: 'idempotent' for GET and server-side apply; other calls repeat only after a 429. */
  readonly retry?: 'idempotent' | 'never';
  /** Called with the connection open, right before each attempt's bytes go; throwing stops the call. */
  readonly guard?: () => void;
}

/** A body that arrives bit by bit. Iterating throws when the connection breaks, ends when it ends. */
export interface ByteStream extends AsyncIterable<Uint8Array> {
  /** Closes the connection; the iteration then ends. Harmless when called twice. */
  cancel(): void;
}

export interface Transport {
  /** The parsed JSON body of a 2xx answer; everything else throws an ApiError. */
  request<T = unknown>(call: ApiCall): Promise<T>;
  /** Resolves when 2xx headers have arrived. Never retried: the caller knows where to go on. */
  stream(call: ApiCall): Promise<ByteStream>;
  /** Breaks every call in flight and drops idle connections. */
  close(): void;
}
