// A transfer: money from one account to another, asked for under an idempotency key.
import { createHash } from 'node:crypto';

import type { Amount } from './money.ts';

/** What a client asks for. */
export interface TransferOrder {
  readonly from: string;
  readonly to: string;
  readonly amount: Amount;
  readonly reference: string | undefined;
}

/** A transfer that was made. Nothing of it changes later, so it is also the answer to a repeat. */
export interface Transfer extends TransferOrder {
  readonly id: string;
  readonly currency: string;
  readonly createdAt: Date;
}

/** Why an order was refused. The refusal is kept with the key: a repeat gets the same answer. */
export const rejections = [
  'payer-not-found',
  'payee-not-found',
  'currency-mismatch',
  'insufficient-funds',
] as const;
export type Rejection = (typeof rejections)[number];

export type TransferOutcome =
  | { readonly kind: 'accepted'; readonly transfer: Transfer }
  | { readonly kind: 'replayed'; readonly transfer: Transfer }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  | { readonly kind: 'keyReused' }
  | { readonly kind: 'inFlight' };

/** Equal orders have equal hashes, however the client wrote them down. 64 hex digits. */
export function hashOrder(order: TransferOrder): string {
  return hashParts([order.from, order.to, order.amount.toString(), order.reference ?? null]);
}

export function hashParts(parts: readonly (string | number | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
