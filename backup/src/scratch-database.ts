// The database a drill restores into: made for it, marked as ours, dropped after it.
import type { BackupConfig } from './config.ts';
import { psql } from './psql.ts';

/** Carried by every scratch database, so that nothing else is ever taken for one. */
const mark = 'slipway restore drill';
const maintenance = 'postgres';

/**
 * Runs `work` with a fresh database and drops it, whatever happens. Also drops those that killed
 * drills have left; the caller holds the drill lock, so none of them is in use.
 */
export async function withScratchDatabase<T>(config: BackupConfig, work: () => Promise<T>): Promise<T> {
  for (const name of await markedDatabases(config)) await drop(config, name);
  const name = config.drillDatabase;
  // Fails when it exists: a database that we did not make is never dropped.
  await psql(config, { database: maintenance, sql: `CREATE DATABASE "${name}" TEMPLATE template0` });
  try {
    await psql(config, { database: maintenance, sql: `COMMENT ON DATABASE "${name}" IS '${mark}'` });
    return await work();
  } finally {
    await drop(config, name);
  }
}

async function markedDatabases(config: BackupConfig): Promise<readonly string[]> {
  const sql = `SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') = '${mark}' AND datname <> '${config.database}'`;
  const names = (await psql(config, { database: maintenance, sql })).split('\n');
  return names.filter((name) => /^[a-z0-9_]+$/.test(name));
}

function drop(config: BackupConfig, name: string): Promise<string> {
  return psql(config, { database: maintenance, sql: `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)` });
}
