// Stands before a route: whose token is it, does it allow this, and is it too often.
import type { Request, RequestHandler, Response } from 'express';

import { Problem } from '../domain/problem.ts';
import type { RateLimiter } from './rate-limit.ts';
import type { Scope } from './scopes.ts';
import type { Caller, TokenRegistry } from './tokens.ts';

export interface Guard {
  /** undefined: nobody is asked for a token. */
  readonly tokens: TokenRegistry | undefined;
  /** undefined: nobody is counted. */
  readonly limiter: RateLimiter | undefined;
}

/** Nothing for a route that asks for no scope, nor where neither tokens nor limits are set. */
export function guardRoute(guard: Guard, scope: Scope | undefined): readonly RequestHandler[] {
  const { tokens, limiter } = guard;
  if (scope === undefined || (tokens === undefined && limiter === undefined)) return [];
  return [
    async (request, response, next) => {
      const caller = tokens === undefined ? undefined : readCaller(request, tokens);
      // Wrong tokens count too: an address that guesses is soon told to wait.
      if (limiter !== undefined) await limit(limiter, { caller, request, response });
      if (tokens !== undefined) authorize(caller, { scope, request, response });
      next();
    },
  ];
}

const bearer = /^Bearer ([\w.~+/-]{16,512}=*)$/i;

function readCaller(request: Request, tokens: TokenRegistry): Caller | undefined {
  const [, token] = bearer.exec(request.get('authorization') ?? '') ?? [];
  return token === undefined ? undefined : tokens.find(token);
}

interface Visit {
  readonly request: Request;
  readonly response: Response;
}

function authorize(
  caller: Caller | undefined,
  { scope, request, response }: Visit & { scope: Scope },
): void {
  if (caller === undefined) {
    const error = request.get('authorization') === undefined ? '' : ', error="invalid_token"';
    response.set('www-authenticate', `Bearer realm="ledger"${error}`);
    throw new Problem('unauthenticated');
  }
  if (caller.scopes.has(scope)) return;
  response.set(
    'www-authenticate',
    `Bearer realm="ledger", error="insufficient_scope", scope="${scope}"`,
  );
  throw new Problem('forbidden', { detail: `The token does not allow ${scope}` });
}

/** Tells everybody how much is left, and who has asked too often when to come back. */
async function limit(
  limiter: RateLimiter,
  { caller, request, response }: Visit & { caller: Caller | undefined },
): Promise<void> {
  const who = caller === undefined ? `address:${request.ip ?? 'unknown'}` : `token:${caller.name}`;
  const { kind, remaining, resetMs } = await limiter.count(who);
  const resetSeconds = Math.ceil(resetMs / 1_000);
  const windowSeconds = Math.ceil(limiter.windowMs / 1_000);
  response.set('ratelimit-policy', `"requests";q=${limiter.limit};w=${windowSeconds}`);
  response.set('ratelimit', `"requests";r=${remaining};t=${resetSeconds}`);
  if (kind === 'beyond') throw new Problem('too-many-requests', { retryAfterSeconds: resetSeconds });
}
