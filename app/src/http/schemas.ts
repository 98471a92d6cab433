// What clients send and what they get, as zod schemas. openapi.ts describes the API by them.
import { z } from 'zod';

import { holdStates } from '../domain/hold.ts';
import { maxAmount, parseAmount } from '../domain/money.ts';
import type { Amount } from '../domain/money.ts';

export const id = z.uuid('has to be a UUID').transform((text) => text.toLowerCase());

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
const reference = z.string().max(140).optional();

export const accountBody = z.strictObject({
  name: z.string().trim().min(1).max(100),
  kind: z.enum(['customer', 'external']).default('customer'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'has to be three capital letters')
    .default('EUR'),
});

export const transferBody = z
  .strictObject({ from: id, to: id, amount, reference })
  .refine((body) => body.from !== body.to, {
    path: ['to'],
    message: 'has to be another account than "from"',
  });

const maxHoldSeconds = 2_592_000;

export const holdBody = z.strictObject({
  account: id,
  amount,
  expiresInSeconds: z.int().min(1).max(maxHoldSeconds).default(604_800),
  reference,
});

export const captureBody = z.strictObject({ to: id, amount: amount.optional() });

export const maxPageLines = 100;

export const pageQuery = z.strictObject({
  limit: z.coerce
    .number(`has to be a whole number from 1 to ${maxPageLines}`)
    .int('has to be a whole number')
    .min(1, 'has to be at least 1')
    .max(maxPageLines, `has to be at most ${maxPageLines}`)
    .default(50),
  cursor: z.string().max(200).optional(),
});

/** Minor units, as text: a number of JSON would lose digits. */
const money = z.string().regex(/^-?\d+$/);
const uuid = z.uuid();
const time = z.iso.datetime();
const currency = z.string().length(3);
const count = z.int().min(0);

export const accountAnswer = z.strictObject({
  id: uuid,
  name: z.string(),
  kind: z.enum(['customer', 'external']),
  currency,
  balance: money,
  available: money,
  createdAt: time,
});

export const transferAnswer = z.strictObject({
  id: uuid,
  from: uuid,
  to: uuid,
  amount: money,
  currency,
  reference: z.string().optional(),
  createdAt: time,
});

export const holdAnswer = z.strictObject({
  id: uuid,
  account: uuid,
  amount: money,
  currency,
  reference: z.string().optional(),
  state: z.enum(holdStates),
  transfer: uuid.optional(),
  expiresAt: time,
  createdAt: time,
});

export const statementAnswer = z.strictObject({
  lines: z.array(
    z.strictObject({
      transfer: uuid,
      counterparty: uuid,
      amount: money,
      reference: z.string().optional(),
      createdAt: time,
    }),
  ),
  /** Absent on the last page. */
  next: z.string().optional(),
});

export const documentAnswer = z.strictObject({
  id: uuid,
  account: uuid,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.int().min(1),
  contentType: z.string(),
  createdAt: time,
});

export const documentsAnswer = z.strictObject({
  documents: z.array(documentAnswer),
  /** Absent on the last page. */
  next: z.string().optional(),
});

export const summaryAnswer = z.strictObject({
  balanced: z.boolean(),
  accounts: count,
  transfers: count,
  postings: count,
  sumOfPostings: money,
  currencies: z.array(
    z.strictObject({
      currency,
      accounts: count,
      transfers: count,
      postings: count,
      sumOfPostings: money,
      sumOfBalances: money,
      customerFunds: money,
      accountsOutOfBalance: count,
      accountsWrongHeld: count,
    }),
  ),
});

export const versionAnswer = z.strictObject({ version: z.string() });
export const statusAnswer = z.strictObject({ status: z.string(), reason: z.string().optional() });
export const descriptionAnswer = z.looseObject({ openapi: z.string() });

/** RFC 9457. */
export const problemAnswer = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  instance: z.string(),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
});
