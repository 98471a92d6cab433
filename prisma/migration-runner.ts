// Applies the plan. Each file is one simple-protocol query inside one transaction together with its
// row in `_prisma_migrations`: killed at any moment, either both are there or neither.
import { setTimeout as sleep } from 'node:timers/promises';

import { Client, DatabaseError } from 'pg';
import type { ClientConfig } from 'pg';

import { needsOwnTransaction } from './migration-file.ts';
import type { MigrationFile } from './migration-file.ts';
import { planMigrations } from './migration-plan.ts';
import type { Refusal } from './migration-plan.ts';
import {
  ensureTable,
  finish,
  keepLogs,
  lockHolder,
  markRolledBack,
  readState,
  record,
  tryLock,
} from './migration-store.ts';

export interface MigrationLimits {
  /** How long to wait for the database to answer at all. */
  readonly connectWaitMs: number;
  /** How long to wait for another migration to end. */
  readonly lockWaitMs: number;
  /** How long one statement may wait for a table. Longer, and the app's requests queue behind it. */
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** Further tries of a file that could not get its table lock. */
  readonly busyRetries: number;
}

export const defaultLimits: MigrationLimits = {
  connectWaitMs: 60_000,
  lockWaitMs: 60_000,
  lockTimeoutMs: 5_000,
  statementTimeoutMs: 600_000,
  busyRetries: 5,
};

export type MigrationResult =
  | {
      readonly kind: 'applied';
      readonly applied: readonly string[];
      readonly schemaAhead: readonly string[];
    }
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] }
  | { readonly kind: 'lockBusy'; readonly message: string }
  | {
      readonly kind: 'failed';
      readonly migration: string;
      readonly applied: readonly string[];
      readonly message: string;
    };

export interface RunnerOptions {
  readonly connection: ClientConfig;
  readonly limits: MigrationLimits;
  readonly log: (message: string, fields?: Record<string, unknown>) => void;
}

/** Brings the database up to the files. Throws only when the database cannot be reached. */
export async function runMigrations(
  files: readonly MigrationFile[],
  options: RunnerOptions,
): Promise<MigrationResult> {
  return withLockedClient(options, async (client) => {
    const plan = planMigrations(files, await readState(client));
    if (plan.kind === 'refuse') return { kind: 'refused', refusals: plan.refusals };
    await ensureTable(client);
    return applyAll(client, plan, options);
  });
}

/** Settles a migration by hand: as done, or as never applied. */
export async function resolveMigration(
  file: MigrationFile,
  outcome: 'applied' | 'rolled-back',
  options: RunnerOptions,
): Promise<MigrationResult> {
  return withLockedClient(options, async (client) => {
    await ensureTable(client);
    await markRolledBack(client, file.name);
    if (outcome === 'applied') await record(client, file, { as: 'finished' });
    return { kind: 'applied', applied: outcome === 'applied' ? [file.name] : [], schemaAhead: [] };
  });
}

async function withLockedClient(
  options: RunnerOptions,
  work: (client: Client) => Promise<MigrationResult>,
): Promise<MigrationResult> {
  const client = await connect(options);
  try {
    if (!(await waitForLock(client, options))) {
      return {
        kind: 'lockBusy',
        message: `another migration holds the lock: ${await lockHolder(client)}`,
      };
    }
    return await work(client);
  } finally {
    // Ending the session gives the advisory lock back as well.
    await client.end().catch(() => undefined);
  }
}

async function connect({ connection, limits, log }: RunnerOptions): Promise<Client> {
  const deadline = Date.now() + limits.connectWaitMs;
  for (;;) {
    const client = new Client({
      ...connection,
      application_name: 'slipway-migrate',
      connectionTimeoutMillis: 5_000,
      lock_timeout: limits.lockTimeoutMs,
      statement_timeout: limits.statementTimeoutMs,
    });
    client.on('error', (error) => log('connection lost', { error: error.message }));
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (Date.now() >= deadline) throw error;
      log('database does not answer yet', { error: messageOf(error) });
      await sleep(1_000);
    }
  }
}

async function waitForLock(client: Client, { limits, log }: RunnerOptions): Promise<boolean> {
  const deadline = Date.now() + limits.lockWaitMs;
  while (!(await tryLock(client))) {
    if (Date.now() >= deadline) return false;
    log('waiting for another migration', { holder: await lockHolder(client) });
    await sleep(Math.min(500, Math.max(1, deadline - Date.now())));
  }
  return true;
}

async function applyAll(
  client: Client,
  plan: { pending: readonly MigrationFile[]; schemaAhead: readonly string[] },
  options: RunnerOptions,
): Promise<MigrationResult> {
  const applied: string[] = [];
  for (const file of plan.pending) {
    options.log('applying', { migration: file.name });
    const failure = needsOwnTransaction(file.sql)
      ? await applyAlone(client, file)
      : await applyTogether(client, file, options);
    if (failure !== undefined)
      return { kind: 'failed', migration: file.name, applied, message: failure };
    applied.push(file.name);
  }
  return { kind: 'applied', applied, schemaAhead: plan.schemaAhead };
}

/** File and row in one transaction. Returns what went wrong, or undefined. */
async function applyTogether(
  client: Client,
  file: MigrationFile,
  { limits, log }: RunnerOptions,
): Promise<string | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await client.query('BEGIN');
      await client.query(file.sql);
      await record(client, file, { as: 'finished' });
      await client.query('COMMIT');
      return undefined;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      if (isBusy(error) && attempt < limits.busyRetries) {
        log('tables are in use, trying again', { migration: file.name, attempt: attempt + 1 });
        await sleep(Math.min(250 * 2 ** attempt, 4_000));
        continue;
      }
      const message = describe(error);
      // Nothing of the file is left, so the row says rolled back and the next run may try again.
      await record(client, file, { as: 'rolledBack', logs: message }).catch(() => undefined);
      return `${message}. Nothing of this migration was applied; correct it or the data, then run again`;
    }
  }
}

/** For files that cannot run in a transaction: the row first, as Prisma does it. */
async function applyAlone(client: Client, file: MigrationFile): Promise<string | undefined> {
  const id = await record(client, file, { as: 'started' });
  try {
    await client.query(file.sql);
    await finish(client, id);
    return undefined;
  } catch (error) {
    const message = describe(error);
    await client.query('ROLLBACK').catch(() => undefined);
    await keepLogs(client, id, message).catch(() => undefined);
    return (
      `${message}. Parts of it may be applied (an index built concurrently is left behind INVALID: drop it). ` +
      `Then run "migrate resolve ${file.name} rolled-back"`
    );
  }
}

/** lock_not_available or deadlock_detected: passes by itself. */
function isBusy(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '55P03' || error.code === '40P01');
}

function describe(error: unknown): string {
  if (!(error instanceof DatabaseError)) return messageOf(error);
  const hint = error.hint === undefined ? '' : ` (${error.hint})`;
  return `${error.code ?? 'error'}: ${error.message}${hint}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
