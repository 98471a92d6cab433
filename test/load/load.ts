// A steady, bounded load on the ledger: reads of accounts and transfers between them.
import { randomUUID } from 'node:crypto';

import { auditLedger } from './audit.ts';
import type { AcceptedTransfer, AuditResult } from './audit.ts';
import { createLedgerClient } from './exchange.ts';
import type { LedgerAddress } from './exchange.ts';
import { seededRandom } from './random.ts';
import type { SeededLedger } from './seed.ts';
import { createTally } from './tally.ts';
import type { Figures } from './tally.ts';
import { attemptTransfer } from './transfer-attempt.ts';
import type { PlannedTransfer } from './transfer-attempt.ts';

export interface LoadOptions extends LedgerAddress {
  /** Operations started per second, whatever the answers: a slow ledger is not asked less. */
  readonly ratePerSecond: number;
  /** Operations at once; what would go beyond is not sent and counted as shed. */
  readonly maxInFlight: number;
  readonly ledger: SeededLedger;
  /** Aborting it stops the load as stop() does. */
  readonly signal?: AbortSignal;
  /** Share of operations that are transfers, 0 to 1. Default 0.5. */
  readonly transferShare?: number;
  /** Default 5,000. */
  readonly requestTimeoutMs?: number;
  /** Tries of one transfer under its key. Default 5. */
  readonly maxAttempts?: number;
  /** Decides who pays whom. Default 1. */
  readonly seed?: number;
}

/** The load so far. */
export interface LoadSnapshot extends Figures {
  readonly startedAt: number;
  readonly elapsedMs: number;
  readonly operations: number;
  readonly inFlight: number;
  /** Operations left out because maxInFlight was reached. */
  readonly shed: number;
  readonly acceptedTransfers: number;
  readonly rejectedTransfers: number;
  readonly unresolvedTransfers: number;
}

export interface LoadRun {
  snapshot(): LoadSnapshot;
  /** Starts nothing more, waits for what is under way, and returns the final figures. */
  stop(): Promise<LoadSnapshot>;
  /** Stops, then checks the money. */
  audit(): Promise<AuditResult>;
}

/** Enough for three hours at 50 a second; then the load goes on with reads only. */
const maxTransfers = 300_000;
/** How far the schedule may fall behind before missed operations are shed instead of sent at once. */
const maxCatchUp = 50;

/** Starts at once. */
export function runLoad(options: LoadOptions): LoadRun {
  const {
    ratePerSecond,
    maxInFlight,
    ledger,
    signal,
    transferShare = 0.5,
    requestTimeoutMs = 5_000,
    maxAttempts = 5,
    seed = 1,
  } = options;
  if (ledger.accounts.length < 2) throw new Error('a load needs at least two accounts');
  const client = createLedgerClient(options, {
    maxSockets: maxInFlight,
    timeoutMs: requestTimeoutMs,
  });
  const random = seededRandom(seed);
  const tally = createTally();
  const startedAt = Date.now();
  const startedTicks = performance.now();
  const accepted: AcceptedTransfer[] = [];
  const unresolved: PlannedTransfer[] = [];
  const running = new Set<Promise<void>>();
  let planned = 0;
  let operations = 0;
  let shed = 0;
  let rejected = 0;

  const readAccount = async (id: string): Promise<void> => {
    const exchange = await client.send({ method: 'GET', path: `/accounts/${id}` });
    tally.add(
      exchange,
      exchange.kind === 'answered' && exchange.status === 200 ? 'expected' : 'unexpected',
    );
  };

  const makeTransfer = async (transfer: PlannedTransfer): Promise<void> => {
    const result = await attemptTransfer(client, transfer, {
      maxAttempts,
      pauseMs: 50,
      onExchange: tally.add,
    });
    if (result.kind === 'accepted') accepted.push({ ...transfer, id: result.id });
    else if (result.kind === 'rejected') rejected += 1;
    else unresolved.push(transfer);
  };

  const pickAccount = (except?: string): string => {
    const choices =
      except === undefined ? ledger.accounts : ledger.accounts.filter((id) => id !== except);
    return choices[Math.floor(random() * choices.length)] ?? ledger.accounts[0] ?? '';
  };

  const startOperation = (): void => {
    const from = pickAccount();
    const wantsTransfer =
      random() < transferShare && accepted.length + unresolved.length < maxTransfers;
    const work = wantsTransfer
      ? makeTransfer({
          key: randomUUID(),
          from,
          to: pickAccount(from),
          amount: 1 + Math.floor(random() * 100),
        })
      : readAccount(from);
    operations += 1;
    const tracked = work.finally(() => running.delete(tracked));
    running.add(tracked);
  };

  const beat = (): void => {
    const due = Math.floor(((performance.now() - startedTicks) / 1_000) * ratePerSecond);
    if (due - planned > maxCatchUp) {
      shed += due - planned - maxCatchUp;
      planned = due - maxCatchUp;
    }
    for (; planned < due; planned += 1) {
      if (running.size < maxInFlight) startOperation();
      else shed += 1;
    }
  };
  const timer = setInterval(beat, Math.max(1, Math.min(10, 1_000 / ratePerSecond / 2)));

  const snapshot = (): LoadSnapshot => ({
    ...tally.figures(),
    startedAt,
    elapsedMs: Math.round(performance.now() - startedTicks),
    operations,
    inFlight: running.size,
    shed,
    acceptedTransfers: accepted.length,
    rejectedTransfers: rejected,
    unresolvedTransfers: unresolved.length,
  });

  let stopped: Promise<LoadSnapshot> | undefined;
  const stop = (): Promise<LoadSnapshot> => {
    stopped ??= (async () => {
      clearInterval(timer);
      await Promise.all(running);
      const last = snapshot();
      client.close();
      return last;
    })();
    return stopped;
  };
  if (signal?.aborted === true) void stop();
  signal?.addEventListener('abort', () => void stop(), { once: true });

  return {
    snapshot,
    stop,
    audit: async () => {
      await stop();
      const auditor = createLedgerClient(options, { maxSockets: 8, timeoutMs: 10_000 });
      try {
        return await auditLedger(auditor, { ledger, accepted, unresolved });
      } finally {
        auditor.close();
      }
    },
  };
}
