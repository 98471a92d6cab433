// Reads requests: untrusted JSON in, domain values out, or a problem that names each wrong field.
import type { Request } from 'express';
import { z } from 'zod';

import type { AccountKind } from '../domain/account.ts';
import { maxAmount, parseAmount } from '../domain/money.ts';
import type { Amount } from '../domain/money.ts';
import { Problem } from '../domain/problem.ts';
import type { ProblemCode } from '../domain/problem.ts';
import type { TransferOrder } from '../domain/transfer.ts';

const id = z.uuid('has to be a UUID').transform((text) => text.toLowerCase());
const amount = z
  .union([z.string(), z.number()], `has to be a whole number of minor units`)
  .transform((value, context): Amount => {
    const parsed = parseAmount(value);
    if (parsed !== undefined) return parsed;
    context.addIssue({
      code: 'custom',
      message: `has to be a whole number of minor units from 1 to ${maxAmount}`,
    });
    return z.NEVER;
  });

const accountBody = z.strictObject({
  name: z.string().trim().min(1).max(100),
  kind: z.enum(['customer', 'external']).default('customer'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'has to be three capital letters')
    .default('EUR'),
});

const transferBody = z
  .strictObject({ from: id, to: id, amount, reference: z.string().max(140).optional() })
  .refine((body) => body.from !== body.to, {
    path: ['to'],
    message: 'has to be another account than "from"',
  });

/** The body of POST /accounts. */
export function readNewAccount(body: unknown): {
  name: string;
  kind: AccountKind;
  currency: string;
} {
  return parseBody(accountBody, body);
}

/** The body of POST /transfers. */
export function readTransferOrder(body: unknown): TransferOrder {
  const parsed = parseBody(transferBody, body);
  return { ...parsed, reference: parsed.reference };
}

/** The key a client sends with each request that must not happen twice. */
export function readIdempotencyKey(request: Request): string {
  const key = request.get('idempotency-key');
  if (key === undefined) throw new Problem('idempotency-key-missing');
  if (!/^[\x21-\x7e]{1,128}$/.test(key)) {
    throw new Problem('invalid-request', {
      errors: [{ path: 'Idempotency-Key', message: 'has to be 1 to 128 visible ASCII characters' }],
    });
  }
  return key;
}

/** An id from the path. What is no UUID names nothing, so the answer is `missing`. */
export function readId(value: unknown, missing: ProblemCode): string {
  const parsed = id.safeParse(value);
  if (!parsed.success) throw new Problem(missing);
  return parsed.data;
}

function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues
    .slice(0, 20)
    .map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  throw new Problem('invalid-request', { errors });
}
