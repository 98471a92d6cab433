// Opens the accounts that the load plays with, and gives each the same money from outside.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { createLedgerClient } from './exchange.ts';
import type { LedgerAddress, LedgerClient } from './exchange.ts';
import { attemptTransfer, readId } from './transfer-attempt.ts';

export interface SeededLedger {
  /** Customers' account ids. */
  readonly accounts: readonly string[];
  /** What each was given, minor units. */
  readonly fundsEach: number;
}

export interface SeedOptions {
  readonly accounts: number;
  readonly fundsEach: number;
}

const parallel = 4;
const patience = { maxAttempts: 30, pauseMs: 100 };

/** Works against a ledger that fails now and then; throws when it stays unreachable. */
export async function seedLedger(
  address: LedgerAddress,
  { accounts, fundsEach }: SeedOptions,
): Promise<SeededLedger> {
  const client = createLedgerClient(address, { maxSockets: parallel, timeoutMs: 10_000 });
  try {
    const outside = await openAccount(client, { name: 'outside', kind: 'external' });
    const ids: string[] = [];
    for (let first = 0; first < accounts; first += parallel) {
      const batch = Array.from(
        { length: Math.min(parallel, accounts - first) },
        (_, index) => `customer ${first + index + 1}`,
      );
      ids.push(
        ...(await Promise.all(
          batch.map((name) => openAccount(client, { name, kind: 'customer' })),
        )),
      );
    }
    // One after the other: all of them take from the same account.
    for (const to of ids) {
      const result = await attemptTransfer(
        client,
        { key: randomUUID(), from: outside, to, amount: fundsEach },
        patience,
      );
      if (result.kind !== 'accepted')
        throw new Error(`the ledger could not be seeded: a first transfer was ${result.kind}`);
    }
    return { accounts: ids, fundsEach };
  } finally {
    client.close();
  }
}

async function openAccount(
  client: LedgerClient,
  account: { name: string; kind: 'customer' | 'external' },
): Promise<string> {
  for (let attempt = 1; attempt <= patience.maxAttempts; attempt += 1) {
    const exchange = await client.send({ method: 'POST', path: '/accounts', body: account });
    const id =
      exchange.kind === 'answered' && exchange.status === 201 ? readId(exchange.body) : undefined;
    if (id !== undefined) return id;
    await sleep(patience.pauseMs * attempt);
  }
  throw new Error('the ledger could not be seeded: no account could be opened');
}
