// A steady, bounded load on the ledger: reads of accounts and transfers between them.
import { randomUUID } from 'node:crypto';

import { auditLedger } from './audit.ts';
import type { AcceptedTransfer, AuditResult } from './audit.ts';
import { createLedgerClient } from './exchange.ts';
import type { LedgerAddress } from './exchange.ts';
import { attemptHold, attemptRelease } from './hold-attempt.ts';
import type { HoldFate, PlannedHold } from './hold-attempt.ts';
import type { LoadHold } from './hold-audit.ts';
import { seededRandom } from './random.ts';
import type { SeededLedger } from './seed.ts';
import { createTally } from './tally.ts';
import type { Figures } from './tally.ts';
import { attemptTransfer } from './transfer-attempt.ts';
import type { PlannedTransfer, TransferResult } from './transfer-attempt.ts';

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
  /** Share of operations that are holds, later captured, released or left, 0 to 1. Default 0. */
  readonly holdShare?: number;
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
    holdShare = 0,
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
  const holds: LoadHold[] = [];
  const unresolvedHolds: PlannedHold[] = [];
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

  const persistence = { maxAttempts, pauseMs: 50, onExchange: tally.add };
  const makeTransfer = async (transfer: PlannedTransfer): Promise<TransferResult['kind']> => {
    const result = await attemptTransfer(client, transfer, persistence);
    if (result.kind === 'accepted') accepted.push({ ...transfer, id: result.id });
    else if (result.kind === 'rejected') rejected += 1;
    else unresolved.push(transfer);
    return result.kind;
  };

  const makeHold = async (hold: PlannedHold): Promise<void> => {
    const result = await attemptHold(client, hold, persistence);
    if (result.kind === 'unresolved') unresolvedHolds.push(hold);
    else if (result.kind === 'rejected') rejected += 1;
    else holds.push({ ...hold, id: result.id, fate: await decideFate(hold, result.id) });
  };

  /** Two of five are captured, whole or in part; two are released; one stays open. */
  const decideFate = async (hold: PlannedHold, id: string): Promise<HoldFate> => {
    const draw = random();
    if (draw < 0.2) return 'open';
    if (draw < 0.6) return (await attemptRelease(client, id, persistence)) ? 'released' : 'unknown';
    const amount = draw < 0.8 ? hold.amount : Math.ceil(hold.amount / 2);
    const to = pickAccount(hold.account);
    const capture = { key: randomUUID(), from: hold.account, to, amount, hold: id };
    // Should it turn out later that it was made, the audit knows the hold by its transfer.
    return (await makeTransfer(capture)) === 'accepted' ? 'captured' : 'open';
  };

  const pickAccount = (except?: string): string => {
    const choices =
      except === undefined ? ledger.accounts : ledger.accounts.filter((id) => id !== except);
    return choices[Math.floor(random() * choices.length)] ?? ledger.accounts[0] ?? '';
  };

  const startOperation = (): void => {
    const from = pickAccount();
    const draw = random();
    const key = randomUUID();
    const amount = 1 + Math.floor(random() * 100);
    const hasRoom = accepted.length + unresolved.length + holds.length < maxTransfers;
    const work =
      hasRoom && draw < transferShare
        ? makeTransfer({ key, from, to: pickAccount(from), amount })
        : hasRoom && draw < transferShare + holdShare
          ? makeHold({ key, account: from, amount })
          : readAccount(from);
    operations += 1;
    const tracked: Promise<void> = work.then(() => undefined).finally(() => running.delete(tracked));
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
        return await auditLedger(auditor, {
          ledger,
          accepted,
          unresolved,
          holds,
          unresolvedHolds,
        });
      } finally {
        auditor.close();
      }
    },
  };
}
