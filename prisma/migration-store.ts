// `_prisma_migrations` and the lock around it, exactly as Prisma keeps them.
import { randomUUID } from 'node:crypto';

import type { Client } from 'pg';

import type { MigrationFile } from './migration-file.ts';
import type { MigrationState, RecordedMigration } from './migration-plan.ts';

/** The advisory lock every Prisma tool takes before it touches a schema. */
export const migrationLockId = 72_707_369;

const createTable = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

/**
 * Tries to take the lock once. Waiting inside PostgreSQL would leave a waiter behind when the
 * process is killed; asking again does not.
 */
export async function tryLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(
    'SELECT pg_try_advisory_lock($1) AS held',
    [migrationLockId],
  );
  return rows[0]?.held === true;
}

/** Who holds the lock, for the message: process id, application name, since when. */
export async function lockHolder(client: Client): Promise<string> {
  const { rows } = await client.query<{ holder: string }>(
    `SELECT format('pid %s (%s), connected since %s', a.pid, a.application_name, a.backend_start) AS holder
       FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = $1`,
    [migrationLockId],
  );
  return rows[0]?.holder ?? 'nobody any more';
}

/** Reads what has been applied. Creates nothing. */
export async function readState(client: Client): Promise<MigrationState> {
  const tables = await client.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()`,
  );
  const names = tables.rows.map((row) => row.name);
  const tableCount = names.filter((name) => name !== '_prisma_migrations').length;
  if (!names.includes('_prisma_migrations')) return { recorded: undefined, tableCount };
  const { rows } = await client.query<RecordedMigration>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished,
            rolled_back_at IS NOT NULL AS "rolledBack"
       FROM "_prisma_migrations" ORDER BY started_at`,
  );
  return { recorded: rows, tableCount };
}

/** Makes Prisma's table when it is not there. */
export async function ensureTable(client: Client): Promise<void> {
  await client.query(createTable);
}

export type MigrationMark = 'started' | 'finished' | 'rolledBack';

/** Adds a row in the given state and returns its id. */
export async function record(
  client: Client,
  file: MigrationFile,
  mark: { as: MigrationMark; logs?: string },
): Promise<string> {
  const id = randomUUID();
  const finished = mark.as === 'finished';
  await client.query(
    `INSERT INTO "_prisma_migrations"
       (id, checksum, migration_name, logs, finished_at, rolled_back_at, applied_steps_count)
     VALUES ($1, $2, $3, $4, CASE WHEN $5 THEN now() END, CASE WHEN $6 THEN now() END,
       CASE WHEN $5 THEN 1 ELSE 0 END)`,
    [id, file.checksum, file.name, mark.logs ?? null, finished, mark.as === 'rolledBack'],
  );
  return id;
}

/** Marks a started row as done. */
export async function finish(client: Client, id: string): Promise<void> {
  await client.query(
    `UPDATE "_prisma_migrations" SET finished_at = now(), applied_steps_count = 1 WHERE id = $1`,
    [id],
  );
}

/** Keeps the error text with the row that failed. */
export async function keepLogs(client: Client, id: string, logs: string): Promise<void> {
  await client.query(`UPDATE "_prisma_migrations" SET logs = $2 WHERE id = $1`, [id, logs]);
}

/** Marks unfinished rows of this name as rolled back. Returns how many there were. */
export async function markRolledBack(client: Client, name: string): Promise<number> {
  const { rowCount } = await client.query(
    `UPDATE "_prisma_migrations" SET rolled_back_at = now()
      WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL`,
    [name],
  );
  return rowCount ?? 0;
}
