// One hold as a careful client makes it: authorized under a key, then captured, released, or left open.
import { setTimeout as sleep } from 'node:timers/promises';

import type { LedgerClient } from './exchange.ts';
import { attemptKeyed } from './transfer-attempt.ts';
import type { Persistence, TransferResult } from './transfer-attempt.ts';

export interface PlannedHold {
  readonly key: string;
  readonly account: string;
  /** Minor units. */
  readonly amount: number;
}

/** What the client knows to have become of it; unknown: a release without a certain answer. */
export type HoldFate = 'open' | 'captured' | 'released' | 'unknown';

/** Longer than any load runs. */
const expiresInSeconds = 86_400;

export function attemptHold(
  client: LedgerClient,
  { key, account, amount }: PlannedHold,
  persistence: Persistence,
): Promise<TransferResult> {
  const body = { account, amount: String(amount), expiresInSeconds };
  return attemptKeyed(client, { path: '/holds', key, body }, persistence);
}

/** Releasing twice is the same as once, so it needs no key. True once the ledger has said so. */
export async function attemptRelease(
  client: LedgerClient,
  id: string,
  persistence: Persistence,
): Promise<boolean> {
  for (let attempt = 1; attempt <= persistence.maxAttempts; attempt += 1) {
    const path = `/holds/${id}/release`;
    const exchange = await client.send({ method: 'POST', path, body: {} });
    const isReleased = exchange.kind === 'answered' && exchange.status === 200;
    persistence.onExchange?.(exchange, isReleased ? 'expected' : 'unexpected');
    if (isReleased) return true;
    if (attempt < persistence.maxAttempts) await sleep(persistence.pauseMs * attempt);
  }
  return false;
}
