// Turns a function from request to reply into an Express handler.
import type { Request, RequestHandler } from 'express';

import type { FaultInjector } from './faults.ts';

/** What an endpoint answers. BigInts are written as strings. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Endpoint = (request: Request) => Promise<Reply>;

/** Errors go to Express, and so to the problem handler. */
export function toHandler(endpoint: Endpoint, inject: FaultInjector): RequestHandler {
  return async (request, response) => {
    const reply = await inject(() => endpoint(request));
    response
      .status(reply.status)
      .set(reply.headers ?? {})
      .type('json');
    response.send(
      JSON.stringify(reply.body, (_key, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      ),
    );
  };
}
