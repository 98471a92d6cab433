// Turns a function from request to reply into an Express handler.
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { Request, RequestHandler, Response } from 'express';

import type { FaultInjector } from './faults.ts';

/** What an endpoint answers: JSON, in which BigInts are written as strings, or a stream of bytes. */
export type Reply = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
} & ({ readonly body: unknown } | { readonly stream: Readable });

export type Endpoint = (request: Request) => Promise<Reply>;

/** Errors go to Express, and so to the problem handler. */
export function toHandler(endpoint: Endpoint, inject: FaultInjector): RequestHandler {
  return async (request, response) => {
    const reply = await inject(() => endpoint(request));
    response.statusCode = reply.status;
    for (const name in reply.headers) response.setHeader(name, reply.headers[name] ?? '');
    if ('stream' in reply) await pipeline(reply.stream, response);
    else sendJson(response, reply.body);
  };
}

/** What Express's own `json` would do, without the looks at types and freshness that JSON never needs. */
function sendJson(response: Response, body: unknown): void {
  const text = JSON.stringify(body, writeBigInt);
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}

function writeBigInt(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
