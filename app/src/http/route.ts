// One route of the API: where it is, what it takes and answers, and what does the work. The app serves
// the table of them and openapi.ts describes it, so that neither can know a route the other does not.
import type { z } from 'zod';

import type { Scope } from '../access/scopes.ts';
import type { ProblemCode } from '../domain/problem.ts';
import type { Endpoint } from './endpoint.ts';

/** A file of one of these types. */
export interface BinaryBody {
  readonly types: readonly string[];
}

export interface Route {
  readonly method: 'get' | 'post' | 'put';
  /** As Express writes it: /accounts/:id */
  readonly path: string;
  readonly summary: string;
  /** What a token has to allow; undefined: open to everybody. */
  readonly scope: Scope | undefined;
  /** The JSON body; a route without one takes none. */
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  /** Takes a file of one of these types instead of JSON. */
  readonly upload?: readonly string[];
  /** Asks for an Idempotency-Key: sent twice, it happens once. */
  readonly keyed?: 'keyed';
  /** The status of success and what comes with it. */
  readonly answer: { readonly status: number; readonly body: z.ZodType | BinaryBody };
  /** Besides those that every route can end in. */
  readonly problems: readonly ProblemCode[];
  readonly endpoint: Endpoint;
}
