// Turns a function from request to reply into an Express handler.
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { Request, RequestHandler } from 'express';

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
    response.status(reply.status).set(reply.headers ?? {});
    if ('stream' in reply) {
      await pipeline(reply.stream, response);
      return;
    }
    response.type('json').send(
      JSON.stringify(reply.body, (_key, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      ),
    );
  };
}
