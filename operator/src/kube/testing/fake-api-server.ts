// A pretended API server on a loopback port, which fails in the ways asked of it.
// Everything goes through a real socket: what is tested is the client's reading and writing.

import http from 'node:http';
import type { AddressInfo } from 'node:net';

import { createFakeStore } from './fake-store.ts';
import type { FakeCall, FakeStore, WatchEvent } from './fake-store.ts';

export type CallKind = 'list' | 'watch' | 'get' | 'write';

export type Fault =
  /** Answers with this instead of doing anything. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
    }
  /** Breaks the connection (RST) and does nothing. */
  | { readonly kind: 'reset' }
  /** Does what was asked, then breaks the connection before the answer. */
  | { readonly kind: 'answerLost' }
  /** Does nothing, says nothing, keeps the connection. */
  | { readonly kind: 'silence' }
  /** A watch that is answered and ended at once. */
  | { readonly kind: 'endAtOnce' };

export interface OpenWatch {
  readonly query: URLSearchParams;
  /** Writes bytes as they are, between the frames of the store. */
  sendRaw(bytes: string | Uint8Array): void;
  send(event: WatchEvent): void;
  /** Ends the answer in good order. */
  end(): void;
  /** Breaks the connection (RST). */
  reset(): void;
  /** From now on nothing is sent, nothing is read, and the connection stays: a half-open peer. */
  goSilent(): void;
  /** Keeps frames back until `release`. */
  hold(): void;
  release(): void;
}

export interface RecordedCall extends FakeCall {
  readonly kind: CallKind;
  readonly headers: http.IncomingHttpHeaders;
}

export interface FakeApiServer {
  readonly origin: string;
  readonly store: FakeStore;
  readonly calls: readonly RecordedCall[];
  /** Connections that are open now. */
  connections(): number;
  watches(): readonly OpenWatch[];
  /** The next calls of a kind fail; `times` defaults to 1. Faults of one kind queue up. */
  fail(kind: CallKind, fault: Fault, times?: number): void;
  /** Each frame is sent as it is with this (for example twice, or byte by byte). */
  sendFrames(as: (frame: Buffer) => readonly Uint8Array[]): void;
  close(): Promise<void>;
}

export async function startFakeApiServer(): Promise<FakeApiServer> {
  const store = createFakeStore();
  const calls: RecordedCall[] = [];
  const watches = new Set<OpenWatch>();
  const faults: Record<CallKind, Fault[]> = { list: [], watch: [], get: [], write: [] };
  let framing = (frame: Buffer): readonly Uint8Array[] => [frame];

  const server = http.createServer((request, response) => {
    void readCall(request).then((call) => {
      calls.push(call);
      answer(call, response);
    });
  });

  function answer(call: RecordedCall, response: http.ServerResponse): void {
    const fault = faults[call.kind].shift();
    switch (fault?.kind) {
      case 'status':
        response.writeHead(fault.status, fault.headers).end(textOf(fault.body));
        return;
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'answerLost':
        store.handle(call);
        response.socket?.resetAndDestroy();
        return;
      case 'silence':
        return;
      case 'endAtOnce':
        response.writeHead(200).end();
        return;
      case undefined:
        serve(call, response);
    }
  }

  function serve(call: RecordedCall, response: http.ServerResponse): void {
    const result = store.handle(call);
    if (result.kind === 'json') {
      const headers = { 'content-type': 'application/json' };
      response.writeHead(result.status, headers).end(JSON.stringify(result.body));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const open = openWatch({ response, query: call.query, framing: (frame) => framing(frame) });
    watches.add(open);
    const stop = result.open(open.send);
    response.once('close', () => {
      stop();
      watches.delete(open);
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  return {
    origin: `http://127.0.0.1:${port}`,
    store,
    calls,
    connections: () => sockets.size,
    watches: () => [...watches],
    fail(kind, fault, times = 1) {
      for (let i = 0; i < times; i++) faults[kind].push(fault);
    },
    sendFrames(as) {
      framing = as;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function openWatch(options: {
  response: http.ServerResponse;
  query: URLSearchParams;
  framing: (frame: Buffer) => readonly Uint8Array[];
}): OpenWatch {
  const { response, query, framing } = options;
  let silent = false;
  let held: Uint8Array[] | undefined;
  const write = (bytes: Uint8Array) => {
    if (silent) return;
    if (held === undefined) response.write(bytes);
    else held.push(bytes);
  };
  return {
    query,
    sendRaw: (bytes) => write(Buffer.from(bytes as string)),
    send(event) {
      for (const part of framing(Buffer.from(`${JSON.stringify(event)}\n`))) write(part);
    },
    end: () => void response.end(),
    reset: () => void response.socket?.resetAndDestroy(),
    goSilent() {
      silent = true;
      response.socket?.pause();
    },
    hold() {
      held ??= [];
    },
    release() {
      const frames = held ?? [];
      held = undefined;
      for (const frame of frames) write(frame);
    },
  };
}

async function readCall(request: http.IncomingMessage): Promise<RecordedCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const url = new URL(request.url ?? '/', 'http://server');
  const call = {
    method: request.method ?? 'GET',
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    headers: request.headers,
    contentType: request.headers['content-type'],
    body: text === '' ? undefined : JSON.parse(text),
  };
  return { ...call, kind: kindOf(call) };
}

function kindOf(call: FakeCall): CallKind {
  if (call.method !== 'GET') return 'write';
  if (call.query.get('watch') === 'true') return 'watch';
  const afterVersion = call.path.replace(/^\/api\/[^/]+|^\/apis\/[^/]+\/[^/]+/, '');
  const steps = afterVersion.replace(/^\/namespaces\/[^/]+\//, '/').split('/').length - 1;
  return steps === 1 ? 'list' : 'get';
}

function textOf(body: unknown): string {
  if (body === undefined) return '';
  return typeof body === 'string' ? body : JSON.stringify(body);
}
