// As much of an API server as an operator at rest talks to: lists in pages, watches in which nothing
// happens, one Lease. Everything else is refused and counted.
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { createPki } from '../../cluster/src/pki/cluster-pki.ts';
import type { Recorded } from './recorded.ts';

export type SimulatedServer = {
  readonly server: string;
  /** PEM of the authority that its certificate is from. */
  readonly authorityPem: string;
  /** Method and path of each request that was neither a list, a watch nor for the Lease. */
  readonly others: readonly string[];
  stop(): Promise<void>;
};

const VERSION = '1000';
const DEFAULT_PAGE = 500;

export const startSimulatedServer = async (recorded: Recorded, folder: string): Promise<SimulatedServer> => {
  const pki = createPki({ dir: folder, apiServerNames: [], nodes: [] });
  const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const others: string[] = [];
  const lease = createLease();
  const server = createServer({ key: pem('apiserver.key'), cert: pem('apiserver.crt') }, (request, response) => {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const plural = url.pathname.split('/').at(-1) ?? '';
    if (url.pathname.includes('/leases')) return void lease(request, response);
    if (request.method !== 'GET') {
      others.push(`${request.method} ${url.pathname}`);
      response.writeHead(403, JSON_TYPE).end(JSON.stringify({ kind: 'Status', code: 403, reason: 'Forbidden' }));
      return;
    }
    if (url.searchParams.get('watch') === 'true') return void response.writeHead(200, JSON_TYPE).flushHeaders();
    sendPage(recorded, { plural, url, response });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    server: `https://127.0.0.1:${port}`,
    authorityPem: pki.authority.certificatePem,
    others,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const JSON_TYPE = { 'content-type': 'application/json' };

type Page = { readonly plural: string; readonly url: URL; readonly response: ServerResponse };

const sendPage = (recorded: Recorded, { plural, url, response }: Page): void => {
  const from = Number(url.searchParams.get('continue') ?? 0);
  const to = Math.min(recorded.count(plural), from + Number(url.searchParams.get('limit') ?? DEFAULT_PAGE));
  const next = to < recorded.count(plural) ? String(to) : '';
  response.writeHead(200, JSON_TYPE);
  response.write(`{"kind":"List","metadata":{"resourceVersion":"${VERSION}","continue":"${next}"},"items":[`);
  for (let index = from; index < to; index += 1) {
    response.write(`${index > from ? ',' : ''}${recorded.textAt(plural, index)}`);
  }
  response.end(']}');
};

/* One Lease that takes every write; there is one operator, so nobody disputes it. */
const createLease = (): ((request: IncomingMessage, response: ServerResponse) => Promise<void>) => {
  let kept: Record<string, unknown> | undefined;
  let version = 1;
  return async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    if (request.method !== 'GET') {
      const sent = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, Record<string, unknown>>;
      version += 1;
      kept = {
        ...kept, ...sent,
        metadata: { name: 'lease', uid: 'lease', ...sent['metadata'], resourceVersion: String(version) },
        spec: { ...(kept?.['spec'] as object | undefined), ...sent['spec'] },
      };
    }
    const missing = { kind: 'Status', code: 404, reason: 'NotFound' };
    response.writeHead(kept ? 200 : 404, JSON_TYPE).end(JSON.stringify(kept ?? missing));
  };
};
