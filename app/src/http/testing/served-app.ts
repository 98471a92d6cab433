// The app over a ledger in memory on a free port, for tests of the HTTP surface. Every answer it gives
// is held against the description it serves.
import type { FaultConfig } from '../../config.ts';
import { createMemoryStore } from '../../store/testing/memory-store.ts';
import type { MemoryStore } from '../../store/testing/memory-store.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { createApp } from '../app.ts';
import type { AppOptions } from '../app.ts';
import { createBreakOff, createFaultInjector } from '../faults.ts';
import { listen } from '../listener.ts';
import { describeApi } from '../openapi.ts';
import { createReadinessGate } from '../readiness.ts';
import { createRoutes } from '../routes.ts';
import { checkAnswer } from './contract.ts';

export const noFaults: FaultConfig = {
  errorShare: 0,
  errorStage: 'before',
  latencyMs: 0,
  neverReady: false,
  resetShare: 0,
  crashAfterMs: undefined,
  hangAfterMs: undefined,
};

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export interface ServedApp {
  readonly version: string;
  readonly store: MemoryStore;
  readonly metrics: Metrics;
  /** Log lines so far. */
  readonly lines: readonly string[];
  /** Aborting it is the beginning of the drain. */
  readonly drain: AbortController;
  /** The description that it serves at /openapi.json. */
  readonly description: unknown;
  /** Operations whose answers were held against the description, such as `get /accounts/{id}`. */
  readonly answered: ReadonlySet<string>;
  /** Throws when the answer is none that the description allows. */
  send(path: string, init?: RequestInit): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Returns the id of a new account. */
  openAccount(fields: object): Promise<string>;
  setTime(ms: number): void;
  url(path: string): string;
  close(): Promise<void>;
}

/** `faults` strike every time: the random numbers behind them are zero. */
export async function serveApp(
  faults: FaultConfig = noFaults,
  more: Partial<AppOptions> = {},
): Promise<ServedApp> {
  const version = '1.2.3';
  let now = 0;
  const store = createMemoryStore(() => new Date(now));
  const metrics = createMetrics({ version });
  const routeOptions = { version, store, blobs: undefined, maxBytes: 1_000, ...more };
  const lines: string[] = [];
  const drain = new AbortController();
  const app = createApp({
    ...routeOptions,
    metrics,
    logger: createLogger({
      level: 'debug',
      version,
      release: 'ledger-7',
      destination: { write: (line) => void lines.push(line) },
    }),
    readiness: createReadinessGate({
      checkSchema: store.checkSchema,
      neverReady: faults.neverReady,
      timeoutMs: 1_000,
    }),
    inject: createFaultInjector(faults, () => 0),
    breakOff: createBreakOff(faults, () => 0),
    guard: { tokens: undefined, limiter: undefined },
    trustedProxies: 0,
    drain: drain.signal,
    ...more,
  });
  const listener = await listen(app, { host: '127.0.0.1', port: 0 });
  const url = (path: string): string => `http://127.0.0.1:${listener.port}${path}`;
  const description = describeApi(createRoutes(routeOptions), version);
  const answered = new Set<string>();

  const send = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(url(path), init);
    const { status, headers } = response;
    const body = (await response.json()) as Record<string, unknown>;
    const operation = checkAnswer(description, {
      method: init.method ?? 'GET',
      path,
      status,
      contentType: headers.get('content-type'),
      body,
    });
    if (operation !== undefined) answered.add(operation);
    else if (body['type'] !== 'urn:slipway:problem:not-found')
      throw new Error(`${path} is not described and answered ${status}`);
    return { status, headers, body };
  };
  const post: ServedApp['post'] = (path, body, headers = {}) =>
    send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return {
    version,
    store,
    metrics,
    lines,
    drain,
    description,
    answered,
    send,
    get: (path, headers = {}) => send(path, { headers }),
    post,
    openAccount: async (fields) =>
      String((await post('/accounts', { name: 'someone', ...fields })).body['id']),
    setTime: (ms) => {
      now = ms;
    },
    url,
    close: () => listener.close(1_000),
  };
}
