// One HTTP request and what came back, with every way it can fail as a value.
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';

/** Where the ledger is. `hostHeader` names the site when `target` is an address. */
export interface LedgerAddress {
  readonly target: string;
  readonly hostHeader?: string;
}

export interface LedgerRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  readonly idempotencyKey?: string;
  /** `fresh`: what a cache knows will not do. */
  readonly freshness?: 'fresh';
}

export type Exchange =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly version: string;
      readonly body: unknown;
      readonly latencyMs: number;
    }
  | { readonly kind: 'connectionError'; readonly code: string; readonly latencyMs: number }
  | { readonly kind: 'timeout'; readonly latencyMs: number };

export interface LedgerClient {
  send(what: LedgerRequest): Promise<Exchange>;
  close(): void;
}

export interface ClientLimits {
  readonly maxSockets: number;
  readonly timeoutMs: number;
}

/** The version of an answer that no app version has put its name on (a gateway's own 503, say). */
export const unknownVersion = 'unknown';
const maxAnswerBytes = 1_048_576;

/** Keeps connections alive as browsers and gateways do. Never rejects. */
export function createLedgerClient(address: LedgerAddress, limits: ClientLimits): LedgerClient {
  const agent = new Agent({ keepAlive: true, maxSockets: limits.maxSockets });
  const base = new URL(address.target);
  const host = address.hostHeader ?? base.host;
  return {
    send: (what) => {
      const startedAt = performance.now();
      const body = what.body === undefined ? undefined : JSON.stringify(what.body);
      const headers = {
        host,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        ...(what.freshness === undefined ? {} : { 'cache-control': 'no-cache' }),
        ...(what.idempotencyKey === undefined ? {} : { 'idempotency-key': what.idempotencyKey }),
      };
      return new Promise<Exchange>((resolve) => {
        const latencyMs = (): number => performance.now() - startedAt;
        const signal = AbortSignal.timeout(limits.timeoutMs);
        const fail = (error: NodeJS.ErrnoException): void =>
          resolve(
            signal.aborted
              ? { kind: 'timeout', latencyMs: latencyMs() }
              : {
                  kind: 'connectionError',
                  code: error.code ?? error.message,
                  latencyMs: latencyMs(),
                },
          );
        const outgoing = request({
          agent,
          signal,
          headers,
          method: what.method,
          host: base.hostname,
          port: base.port || 80,
          path: what.path,
          setHost: false,
        });
        outgoing.once('error', fail);
        outgoing.once('response', (answer) => {
          readBody(answer).then(
            (text) =>
              resolve({
                kind: 'answered',
                status: answer.statusCode ?? 0,
                version: versionOf(answer),
                body: parseJson(text),
                latencyMs: latencyMs(),
              }),
            fail,
          );
        });
        outgoing.end(body);
      });
    },
    close: () => agent.destroy(),
  };
}

async function readBody(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new Error('the answer is larger than 1 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function versionOf(answer: IncomingMessage): string {
  const version = answer.headers['x-app-version'];
  return typeof version === 'string' && version.length <= 64 ? version : unknownVersion;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
