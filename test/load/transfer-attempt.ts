// One transfer as a careful client makes it: the same key again until the answer is certain.
import { setTimeout as sleep } from 'node:timers/promises';

import type { Exchange, LedgerClient } from './exchange.ts';

export interface PlannedTransfer {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  /** Minor units. */
  readonly amount: number;
  /** The hold that it captures, when it is no plain transfer. */
  readonly hold?: string;
}

export type TransferResult =
  | { readonly kind: 'accepted'; readonly id: string }
  | { readonly kind: 'rejected'; readonly status: number }
  /** No certain answer yet: it may or may not be in the ledger. */
  | { readonly kind: 'unresolved' };

export interface Persistence {
  readonly maxAttempts: number;
  /** Pause after the n-th failure is n times this. */
  readonly pauseMs: number;
  readonly onExchange?: (exchange: Exchange, sense: 'expected' | 'unexpected') => void;
}

/** 409: the first try is still being worked on, which is a promise to find out later. */
const inFlightStatus = 409;

export function attemptTransfer(
  client: LedgerClient,
  { key, from, to, amount, hold }: PlannedTransfer,
  persistence: Persistence,
): Promise<TransferResult> {
  const keyed =
    hold === undefined
      ? { path: '/transfers', key, body: { from, to, amount: String(amount) } }
      : { path: `/holds/${hold}/capture`, key, body: { to, amount: String(amount) } };
  return attemptKeyed(client, keyed, persistence);
}

/** Sends the same again under the same key until the ledger has said what became of it. */
export async function attemptKeyed(
  client: LedgerClient,
  { path, key, body }: { path: string; key: string; body: object },
  persistence: Persistence,
): Promise<TransferResult> {
  for (let attempt = 1; attempt <= persistence.maxAttempts; attempt += 1) {
    const exchange = await client.send({ method: 'POST', path, idempotencyKey: key, body });
    const result = readResult(exchange);
    const isExpected =
      result.kind === 'accepted' ||
      (result.kind === 'rejected' && result.status === 422) ||
      isInFlight(exchange);
    persistence.onExchange?.(exchange, isExpected ? 'expected' : 'unexpected');
    if (result.kind !== 'unresolved') return result;
    if (attempt < persistence.maxAttempts) await sleep(persistence.pauseMs * attempt);
  }
  return { kind: 'unresolved' };
}

/** Only the app's own words are certain; a gateway's 404 or 503 says nothing about the ledger. */
function readResult(exchange: Exchange): TransferResult {
  if (exchange.kind !== 'answered') return { kind: 'unresolved' };
  const id = readId(exchange.body);
  if (exchange.status === 201 && id !== undefined) return { kind: 'accepted', id };
  return exchange.status === 422 || exchange.status === 400
    ? { kind: 'rejected', status: exchange.status }
    : { kind: 'unresolved' };
}

function isInFlight(exchange: Exchange): boolean {
  return exchange.kind === 'answered' && exchange.status === inFlightStatus;
}

/** The `id` of a JSON answer, if it has one. */
export function readId(body: unknown): string | undefined {
  return typeof body === 'object' && body !== null && 'id' in body && typeof body.id === 'string'
    ? body.id
    : undefined;
}
