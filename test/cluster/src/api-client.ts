// The few API requests the harness makes itself: asking for health, creating nodes, applying objects.

import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';

export type ApiAnswer = { readonly status: number; readonly body: string };

export type ApiRequest = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
};

/** Sends requests as the cluster's administrator. */
export type ApiClient = (request: ApiRequest) => Promise<ApiAnswer>;

const TIMEOUT_MS = 10_000;

/** What a client needs to prove who it is, and whom it talks to. All PEM. */
export type Credentials = { readonly ca: string; readonly cert: string; readonly key: string };

/** The administrator's credentials from a cluster's folder of certificates. */
export const readAdmin = (pkiDir: string): Credentials => {
  const read = (file: string): string => readFileSync(join(pkiDir, file), 'utf8');
  return { ca: read('ca.crt'), cert: read('admin.crt'), key: read('admin.key') };
};

/** A few connections are kept, because a handshake costs more than most requests. */
const MOST_CONNECTIONS = 8;

export const createApiClient = (server: string, credentials: Credentials): ApiClient => {
  // Idle connections do not keep a process alive, and go when a server is killed.
  const agent = new Agent({ ...credentials, keepAlive: true, maxSockets: MOST_CONNECTIONS });
  return ({ method, path, body, contentType }) =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': contentType ?? 'application/json' };
      const options = { method, headers, agent, timeout: TIMEOUT_MS };
      const sent = request(new URL(path, server), options, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
        });
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer to ${method} ${path} in time`)));
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
};

/**
 * Sends a request that must succeed and returns the parsed answer.
 * @throws Error with the status and message of the API server.
 */
export const mustAnswer = async (client: ApiClient, sent: ApiRequest): Promise<unknown> => {
  const answer = await client(sent);
  if (answer.status >= 300) {
    throw new Error(`${sent.method} ${sent.path}: ${answer.status} ${answer.body.slice(0, 400)}`);
  }
  return answer.body === '' ? undefined : JSON.parse(answer.body);
};
