// A hold: money of an account set aside for a while, then captured as a transfer or given back.
import type { Amount } from './money.ts';
import { hashParts } from './transfer.ts';
import type { Transfer } from './transfer.ts';

/** What a client asks for. */
export interface HoldOrder {
  readonly account: string;
  readonly amount: Amount;
  readonly expiresInSeconds: number;
  readonly reference: string | undefined;
}

export const holdStates = ['open', 'captured', 'released', 'expired'] as const;
export type HoldState = (typeof holdStates)[number];

export interface Hold {
  readonly id: string;
  readonly account: string;
  readonly amount: Amount;
  readonly currency: string;
  readonly reference: string | undefined;
  readonly state: HoldState;
  /** The transfer that captured it. */
  readonly transfer: string | undefined;
  readonly expiresAt: Date;
  readonly createdAt: Date;
}

export interface CaptureOrder {
  readonly hold: string;
  readonly to: string;
  /** undefined: all of it. The rest of a part is free again. */
  readonly amount: Amount | undefined;
}

export const holdRejections = ['account-not-found', 'insufficient-funds'] as const;
export const captureRejections = [
  'hold-not-found',
  'hold-not-open',
  'hold-expired',
  'payee-not-found',
  'currency-mismatch',
  'capture-too-large',
] as const;
export type HoldRejection = (typeof holdRejections)[number];
export type CaptureRejection = (typeof captureRejections)[number];

type KeyOutcome = { readonly kind: 'keyReused' } | { readonly kind: 'inFlight' };

/** A repeat under the same key shows the hold as it was when it was made. */
export type HoldOutcome =
  | { readonly kind: 'accepted' | 'replayed'; readonly hold: Hold }
  | { readonly kind: 'rejected'; readonly rejection: HoldRejection }
  | KeyOutcome;

export type CaptureOutcome =
  | { readonly kind: 'accepted' | 'replayed'; readonly transfer: Transfer }
  | { readonly kind: 'rejected'; readonly rejection: CaptureRejection }
  | KeyOutcome;

export type ReleaseOutcome = 'released' | 'not-found' | 'not-open';

/** 64 hex digits. What begins with another word can never be equal to a transfer's or a capture's. */
export function hashHold({ account, amount, expiresInSeconds, reference }: HoldOrder): string {
  return hashParts(['hold', account, amount.toString(), expiresInSeconds, reference ?? null]);
}

export function hashCapture({ hold, to, amount }: CaptureOrder): string {
  return hashParts(['capture', hold, to, amount?.toString() ?? null]);
}
