// Reads requests: untrusted input in, domain values out, or a problem that names each wrong field.
import type { Request } from 'express';
import type { z } from 'zod';

import type { AccountKind } from '../domain/account.ts';
import type { DocumentQuery } from '../domain/document.ts';
import type { CaptureOrder, HoldOrder } from '../domain/hold.ts';
import { Problem } from '../domain/problem.ts';
import type { ProblemCode } from '../domain/problem.ts';
import { parseCursor } from '../domain/statement.ts';
import type { StatementQuery } from '../domain/statement.ts';
import type { TransferOrder } from '../domain/transfer.ts';
import { accountBody, captureBody, holdBody, id, pageQuery, transferBody } from './schemas.ts';

/** The body of POST /accounts. */
export function readNewAccount(body: unknown): {
  name: string;
  kind: AccountKind;
  currency: string;
} {
  return parse(accountBody, body);
}

/** The body of POST /transfers. */
export function readTransferOrder(body: unknown): TransferOrder {
  const parsed = parse(transferBody, body);
  return { ...parsed, reference: parsed.reference };
}

/** The body of POST /holds. */
export function readHoldOrder(body: unknown): HoldOrder {
  const parsed = parse(holdBody, body);
  return { ...parsed, reference: parsed.reference };
}

/** POST /holds/:id/capture: the hold from the path, the rest from the body. */
export function readCaptureOrder(request: Request): CaptureOrder {
  const hold = readId(request.params['id'], 'hold-not-found');
  const { to, amount } = parse(captureBody, request.body);
  return { hold, to, amount };
}

/** The page of GET /accounts/:id/statement. */
export function readStatementQuery(request: Request): StatementQuery {
  const account = readId(request.params['id'], 'account-not-found');
  const { limit, cursor } = parse(pageQuery, request.query);
  const before = cursor === undefined ? undefined : parseCursor(account, cursor);
  if (cursor !== undefined && before === undefined) throw invalid('cursor', cursorHint);
  return { account, limit, before };
}

/** The page of GET /accounts/:id/documents. */
export function readDocumentQuery(request: Request): DocumentQuery {
  const account = readId(request.params['id'], 'account-not-found');
  const { limit, cursor } = parse(pageQuery, request.query);
  const after = cursor === undefined ? undefined : id.safeParse(cursor).data;
  if (cursor !== undefined && after === undefined) throw invalid('cursor', cursorHint);
  return { account, limit, after };
}

/** The sha256 of Repr-Digest (RFC 9530) as hex; undefined when the client says none. */
export function readDigest(request: Request): string | undefined {
  const header = request.get('repr-digest');
  if (header === undefined) return undefined;
  const [, digest] = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:,|$)/.exec(header) ?? [];
  if (digest === undefined) throw invalid('Repr-Digest', 'has to be sha-256=:<base64>:');
  return Buffer.from(digest, 'base64').toString('hex');
}

/** A client that cannot do with what a cache knows says so. */
export function readFreshness(request: Request): 'fresh' | undefined {
  return /\bno-cache\b/.test(request.get('cache-control') ?? '') ? 'fresh' : undefined;
}

/** The key a client sends with each request that must not happen twice. */
export function readIdempotencyKey(request: Request): string {
  const key = request.get('idempotency-key');
  if (key === undefined) throw new Problem('idempotency-key-missing');
  if (!/^[\x21-\x7e]{1,128}$/.test(key)) {
    throw invalid('Idempotency-Key', 'has to be 1 to 128 visible ASCII characters');
  }
  return key;
}

/** An id from the path. What is no UUID names nothing, so the answer is `missing`. */
export function readId(value: unknown, missing: ProblemCode): string {
  const parsed = id.safeParse(value);
  if (!parsed.success) throw new Problem(missing);
  return parsed.data;
}

const cursorHint = 'has to be "next" of a page of this account';

function invalid(path: string, message: string): Problem {
  return new Problem('invalid-request', { errors: [{ path, message }] });
}

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues
    .slice(0, 20)
    .map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  throw new Problem('invalid-request', { errors });
}
