// The Transport over node:http(s). One attempt = one deadline, one answer, one classified error.
// Streams have an agent of their own, so that watches never use up the sockets of requests.

import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { sleep } from '../lib/clock.ts';
import type { Clock } from '../lib/clock.ts';
import { ApiError, errorFromAnswer, errorWithoutAnswer } from './api-error.ts';
import { cachedCredentials } from './credentials.ts';
import type { Access, Credentials } from './credentials.ts';
import { retryDelayMs } from './retry-policy.ts';
import type { ApiCall, ByteStream, Transport } from './transport.ts';

/** One attempt's end; `status` is 0 when there was no answer. */
export interface Answered {
  readonly method: ApiCall['method'];
  readonly status: number;
}

export interface HttpTransportOptions {
  readonly credentials: Credentials;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly maxSockets: number;
  readonly random?: () => number;
  readonly onAnswer?: ((answer: Answered) => void) | undefined;
}

const DEFAULT_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_PROBE_MS = 15_000;
// Shorter than the API server's own 90 s, so that we seldom write into a closing connection.
const IDLE_SOCKET_MS = 30_000;
const MAX_BODY_BYTES = 256 * 1024 * 1024;

export function createHttpTransport(options: HttpTransportOptions): Transport {
  const { clock, onAnswer } = options;
  const random = options.random ?? Math.random;
  const credentials = cachedCredentials(options.credentials, clock);
  const agents = createAgents(options.maxSockets);
  const closing = new AbortController();

  /** Sends one attempt and resolves with the answer's headers, whatever the status. */
  async function send(call: ApiCall, link: Link): Promise<http.IncomingMessage> {
    const access = await link.race(credentials.current());
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
    const url = new URL(access.origin + call.path + queryText(call.query));
    const request = requestFunction(url)(url, {
      method: call.method,
      agent: access.agent ?? agents.forUse(access, link.use),
      headers: headersFor({ call, access, body, userAgent: options.userAgent }),
    });
    link.destroyOnBreak(request);
    return new Promise((resolve, reject) => {
      request.once('response', resolve);
      request.once('error', (cause) => reject(link.explain(cause)));
      whenConnected(request, () => {
        try {
          call.guard?.();
          request.end(body);
        } catch (error) {
          request.destroy();
          reject(error);
        }
      });
    });
  }

  async function attempt(call: ApiCall, link: Link): Promise<unknown> {
    const response = await counted(call, send(call, link));
    const text = await readBody(response, link);
    if (isSuccess(response)) return parseBody(text, what(call));
    throw failedAnswer({ call, response, text });
  }

  async function counted(
    call: ApiCall,
    sending: Promise<http.IncomingMessage>,
  ): Promise<http.IncomingMessage> {
    try {
      const response = await sending;
      onAnswer?.({ method: call.method, status: response.statusCode ?? 0 });
      return response;
    } catch (error) {
      if (error instanceof ApiError) onAnswer?.({ method: call.method, status: 0 });
      throw error;
    }
  }

  async function request(call: ApiCall): Promise<unknown> {
    const deadlineMs = clock.monotonic() + (call.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    for (let attempts = 1; ; attempts++) {
      const link = createLink({ call, clock, deadlineMs, closing: closing.signal, use: 'request' });
      try {
        return await attempt(call, link);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.code === 'unauthorized') credentials.refresh();
        const delayMs = retryDelayMs({ call, error, attempts }, random);
        const again = delayMs !== undefined && clock.monotonic() + delayMs < deadlineMs;
        if (!again || link.broken()) throw error;
        await sleep(clock, { ms: delayMs, signal: link.stopSignal });
        if (link.broken()) throw error;
      } finally {
        link.settle();
      }
    }
  }

  async function stream(call: ApiCall): Promise<ByteStream> {
    const deadlineMs = clock.monotonic() + (call.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const link = createLink({ call, clock, deadlineMs, closing: closing.signal, use: 'stream' });
    try {
      const response = await counted(call, send(call, link));
      if (!isSuccess(response)) {
        const error = failedAnswer({ call, response, text: await readBody(response, link) });
        if (error.code === 'unauthorized') credentials.refresh();
        throw error;
      }
      link.stopDeadline();
      return byteStream(response, link);
    } catch (error) {
      link.settle();
      throw error;
    }
  }

  return {
    // The caller names the shape it expects; what comes is parsed further where it matters.
    request: <T>(call: ApiCall) => request(call) as Promise<T>,
    stream,
    close() {
      closing.abort();
      agents.destroy();
    },
  };
}

type Use = 'request' | 'stream';

/** Ties one attempt to its deadline, the caller's signal and the transport's close. */
interface Link {
  readonly use: Use;
  readonly stopSignal: AbortSignal;
  broken(): boolean;
  race<T>(promise: Promise<T>): Promise<T>;
  destroyOnBreak(request: http.ClientRequest): void;
  explain(cause: unknown): ApiError;
  stopDeadline(): void;
  settle(): void;
}

function createLink(options: {
  call: ApiCall;
  clock: Clock;
  deadlineMs: number;
  closing: AbortSignal;
  use: Use;
}): Link {
  const { call, clock, deadlineMs, closing, use } = options;
  const stop = new AbortController();
  const late = new AbortController();
  const onStop = () => stop.abort();
  const sources = [call.signal, closing].filter((signal) => signal !== undefined);
  for (const signal of sources) {
    if (signal.aborted) stop.abort();
    signal.addEventListener('abort', onStop, { once: true });
  }
  const timer = clock.setTimer(() => late.abort(), deadlineMs - clock.monotonic());
  let onBreak: () => void = () => undefined;
  const breakUp = () => onBreak();
  stop.signal.addEventListener('abort', breakUp);
  late.signal.addEventListener('abort', breakUp);

  const broken = () => stop.signal.aborted || late.signal.aborted;
  const explain = (cause: unknown): ApiError => {
    if (cause instanceof ApiError) return cause;
    if (late.signal.aborted) {
      return errorWithoutAnswer('timeout', { what: what(call), reason: 'NoAnswerInTime' });
    }
    if (stop.signal.aborted) {
      return errorWithoutAnswer('other', { what: what(call), reason: 'Stopped' });
    }
    return errorWithoutAnswer('network', { what: what(call), reason: 'ConnectionFailed', cause });
  };

  return {
    use,
    stopSignal: stop.signal,
    broken,
    explain,
    race(promise) {
      return new Promise((resolve, reject) => {
        onBreak = () => reject(explain(undefined));
        if (broken()) onBreak();
        promise.then(resolve, (cause: unknown) => reject(explain(cause)));
      });
    },
    destroyOnBreak(request) {
      onBreak = () => request.destroy(explain(undefined));
      if (broken()) onBreak();
    },
    stopDeadline: () => timer.cancel(),
    settle() {
      timer.cancel();
      for (const signal of sources) signal.removeEventListener('abort', onStop);
    },
  };
}

/** Leaves the guard to be asked after connecting, which may take long, and before the first byte. */
function whenConnected(request: http.ClientRequest, ready: () => void): void {
  request.once('socket', (socket: Socket) => {
    const tls = socket as TLSSocket & { secureConnecting?: boolean };
    if (tls.secureConnecting === true) socket.once('secureConnect', ready);
    else if (socket.connecting) socket.once('connect', ready);
    else ready();
  });
}

interface Agents {
  forUse(access: Access, use: Use): http.Agent;
  destroy(): void;
}

/** Agents for the current certificates; made anew when those change. */
function createAgents(maxSockets: number): Agents {
  let made: { access: Access; request: http.Agent; stream: http.Agent } | undefined;
  return {
    forUse(access, use) {
      if (made === undefined || !sameConnection(made.access, access)) {
        // Calls in flight finish on the old agents, whose idle sockets time out by themselves.
        made = {
          access,
          request: createAgent(access, { maxSockets, timeout: IDLE_SOCKET_MS }),
          stream: createAgent(access, {}),
        };
      }
      return made[use];
    },
    destroy() {
      made?.request.destroy();
      made?.stream.destroy();
    },
  };
}

function createAgent(access: Access, limits: http.AgentOptions): http.Agent {
  const options = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_PROBE_MS, ...limits };
  if (access.origin.startsWith('http:')) return new http.Agent(options);
  return new https.Agent({ ...options, ...access.tls });
}

function sameConnection(a: Access, b: Access): boolean {
  if (a === b) return true;
  const fields = ['ca', 'cert', 'key', 'servername', 'rejectUnauthorized'] as const;
  return (
    a.origin === b.origin && fields.every((field) => String(a.tls[field]) === String(b.tls[field]))
  );
}

function requestFunction(url: URL): typeof http.request {
  return url.protocol === 'http:' ? http.request : https.request;
}

function headersFor(parts: {
  call: ApiCall;
  access: Access;
  body: Buffer | undefined;
  userAgent: string;
}): http.OutgoingHttpHeaders {
  const { call, access, body, userAgent } = parts;
  const headers: http.OutgoingHttpHeaders = {
    ...access.headers,
    accept: call.accept ?? 'application/json',
    'user-agent': userAgent,
  };
  if (body !== undefined) {
    headers['content-type'] = call.contentType ?? 'application/json';
    headers['content-length'] = body.length;
  }
  return headers;
}

function queryText(query: ApiCall['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

function isSuccess(response: http.IncomingMessage): boolean {
  const status = response.statusCode ?? 0;
  return status >= 200 && status < 300;
}

async function readBody(response: http.IncomingMessage, link: Link): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_BODY_BYTES) throw new Error('the answer is larger than 256 MiB');
      chunks.push(chunk);
    }
  } catch (cause) {
    throw link.explain(cause);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(text: string, subject: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw errorWithoutAnswer('network', { what: subject, reason: 'AnswerIsNotJson', cause });
  }
}

function failedAnswer(failed: {
  call: ApiCall;
  response: http.IncomingMessage;
  text: string;
}): ApiError {
  const { call, response, text } = failed;
  return errorFromAnswer({
    status: response.statusCode ?? 0,
    body: text,
    retryAfter: response.headers['retry-after'],
    what: what(call),
  });
}

function byteStream(response: http.IncomingMessage, link: Link): ByteStream {
  let cancelled = false;
  return {
    cancel() {
      cancelled = true;
      response.destroy();
      link.settle();
    },
    async *[Symbol.asyncIterator]() {
      try {
        yield* response as AsyncIterable<Buffer>;
      } catch (cause) {
        if (!cancelled) throw link.explain(cause);
      } finally {
        link.settle();
      }
    },
  };
}

function what(call: ApiCall): string {
  return `${call.method} ${call.path}`;
}
