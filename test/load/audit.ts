// After the load: is every accepted transfer in the ledger exactly once, and does the money add up?
import { setTimeout as sleep } from 'node:timers/promises';

import type { LedgerClient } from './exchange.ts';
import { attemptHold } from './hold-attempt.ts';
import type { PlannedHold } from './hold-attempt.ts';
import { auditHolds } from './hold-audit.ts';
import type { LoadHold } from './hold-audit.ts';
import type { SeededLedger } from './seed.ts';
import { attemptTransfer } from './transfer-attempt.ts';
import type { PlannedTransfer } from './transfer-attempt.ts';

export interface AcceptedTransfer extends PlannedTransfer {
  readonly id: string;
}

/** What the load has to account for. */
export interface LoadRecord {
  readonly ledger: SeededLedger;
  readonly accepted: readonly AcceptedTransfer[];
  readonly unresolved: readonly PlannedTransfer[];
  readonly holds: readonly LoadHold[];
  readonly unresolvedHolds: readonly PlannedHold[];
}

export interface AuditResult {
  readonly kind: 'clean' | 'wrong' | 'unknown';
  /** One sentence per finding; at most 20. Empty when clean. */
  readonly findings: readonly string[];
  readonly acceptedTransfers: number;
  /** Holds that were looked at. */
  readonly holds: number;
  /** Transfers whose answer had been lost and that turned out to be made, or not. */
  readonly settledLate: number;
  /** Money of the seeded accounts before and after, minor units. */
  readonly fundsBefore: bigint;
  readonly fundsAfter: bigint;
  /** What the ledger says of itself at /ledger/summary. */
  readonly ledgerBalanced: boolean;
}

const parallel = 8;
const maxFindings = 20;
const patience = { maxAttempts: 30, pauseMs: 100 };

/** Asks again where the ledger fails, so it can run while a bad version still answers some requests. */
export async function auditLedger(client: LedgerClient, record: LoadRecord): Promise<AuditResult> {
  const wrong: string[] = [];
  const unknown: string[] = [];
  const accepted = [...record.accepted];
  let settledLate = 0;

  await forEach(record.unresolved, async (transfer) => {
    const result = await attemptTransfer(client, transfer, patience);
    if (result.kind === 'unresolved')
      unknown.push(`transfer ${transfer.key} has no certain answer`);
    else settledLate += 1;
    if (result.kind === 'accepted') accepted.push({ ...transfer, id: result.id });
  });

  await forEach(accepted, async (transfer) => {
    const found = await readUntilCertain(client, `/transfers/${transfer.id}`);
    if (found === undefined) unknown.push(`transfer ${transfer.id} could not be read`);
    else if (!isSame(found, transfer))
      wrong.push(`transfer ${transfer.id} was accepted and is not in the ledger as sent`);
  });

  const holds = [...record.holds];
  await forEach(record.unresolvedHolds, async (hold) => {
    const result = await attemptHold(client, hold, patience);
    if (result.kind === 'unresolved') unknown.push(`hold ${hold.key} has no certain answer`);
    if (result.kind === 'accepted') holds.push({ ...hold, id: result.id, fate: 'open' });
  });
  const heldNow = await auditHolds(holds, {
    read: (path) => readUntilCertain(client, path),
    captured: new Set(accepted.flatMap(({ hold }) => hold ?? [])),
  });
  wrong.push(...heldNow.wrong);
  unknown.push(...heldNow.unknown);

  const expected = expectedBalances(record.ledger, accepted);
  let fundsAfter = 0n;
  await forEach([...expected], async ([id, balance]) => {
    const found = await readUntilCertain(client, `/accounts/${id}`);
    if (found === undefined) {
      unknown.push(`account ${id} could not be read`);
      return;
    }
    const actual = readBigInt(found['balance']);
    fundsAfter += actual ?? 0n;
    if (actual !== balance)
      wrong.push(`account ${id} holds ${String(actual)}, its accepted transfers give ${balance}`);
    const available = balance - (heldNow.heldByAccount.get(id) ?? 0n);
    // Versions before holds do not say what is available.
    if (found['available'] !== undefined && readBigInt(found['available']) !== available)
      wrong.push(`account ${id} can spend ${String(found['available'])}, it should be ${available}`);
  });

  const summary = await readUntilCertain(client, '/ledger/summary');
  if (summary === undefined) unknown.push('the ledger summary could not be read');
  const ledgerBalanced = summary?.['balanced'] === true;
  if (summary !== undefined && !ledgerBalanced)
    wrong.push('the ledger says of itself that it does not add up');

  return {
    kind: wrong.length > 0 ? 'wrong' : unknown.length > 0 ? 'unknown' : 'clean',
    findings: [...wrong, ...unknown].slice(0, maxFindings),
    acceptedTransfers: accepted.length,
    holds: holds.length,
    settledLate,
    fundsBefore: BigInt(record.ledger.fundsEach) * BigInt(record.ledger.accounts.length),
    fundsAfter,
    ledgerBalanced,
  };
}

/** A transfer made twice, or one made though it was refused, shows up as a wrong balance here. */
function expectedBalances(
  ledger: SeededLedger,
  accepted: readonly AcceptedTransfer[],
): ReadonlyMap<string, bigint> {
  const balances = new Map(ledger.accounts.map((id) => [id, BigInt(ledger.fundsEach)]));
  const add = (id: string, amount: bigint): void =>
    void balances.set(id, (balances.get(id) ?? 0n) + amount);
  for (const { from, to, amount } of accepted) {
    add(from, -BigInt(amount));
    add(to, BigInt(amount));
  }
  return balances;
}

function isSame(found: Record<string, unknown>, sent: AcceptedTransfer): boolean {
  return (
    found['from'] === sent.from &&
    found['to'] === sent.to &&
    found['amount'] === String(sent.amount)
  );
}

/** undefined: no certain answer. A 404 is certain: it comes back as an empty object. */
async function readUntilCertain(
  client: LedgerClient,
  path: string,
): Promise<Record<string, unknown> | undefined> {
  for (let attempt = 1; attempt <= patience.maxAttempts; attempt += 1) {
    const exchange = await client.send({ method: 'GET', path, freshness: 'fresh' });
    if (exchange.kind === 'answered' && exchange.status === 200 && isObject(exchange.body))
      return exchange.body;
    if (exchange.kind === 'answered' && exchange.status === 404 && isProblem(exchange.body))
      return {};
    await sleep(patience.pauseMs * attempt);
  }
  return undefined;
}

/** The app's own 404, not a gateway's. */
function isProblem(body: unknown): boolean {
  return isObject(body) && String(body['type']).startsWith('urn:slipway:problem:');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function readBigInt(value: unknown): bigint | undefined {
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : undefined;
}

async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}
