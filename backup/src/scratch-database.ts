// The database a drill restores into: made for it, marked as ours, dropped after it.
import { randomBytes } from 'node:crypto';

import type { BackupConfig } from './config.ts';
import { psql } from './psql.ts';

const maintenance = 'postgres';

/** Carried by every scratch database, so that nothing else, nor one of another app, is taken for it. */
const markOf = (config: BackupConfig): string => `slipway restore drill of ${config.database}`;

/**
 * Runs `work` with a fresh database and drops it, whatever happens. Also drops those that killed
 * drills have left; the caller holds the drill lock, so none of them is in use.
 */
export async function withScratchDatabase<T>(
  config: BackupConfig,
  work: () => Promise<T>,
): Promise<T> {
  for (const name of await markedDatabases(config)) await drop(config, name);
  const name = config.drillDatabase;
  // Made under a name of its own and marked before it takes the one asked for: killed in between, it
  // blocks no later drill. Taking a name that exists fails, so nothing that we did not make is dropped.
  const fresh = `${name.slice(0, 54)}_${randomBytes(4).toString('hex')}`;
  const ask = (sql: string): Promise<string> => psql(config, { database: maintenance, sql });
  await ask(`CREATE DATABASE "${fresh}" TEMPLATE template0`);
  await ask(`COMMENT ON DATABASE "${fresh}" IS '${markOf(config)}'`);
  try {
    await ask(`ALTER DATABASE "${fresh}" RENAME TO "${name}"`);
  } catch (error) {
    await drop(config, fresh);
    throw error;
  }
  try {
    return await work();
  } finally {
    await drop(config, name);
  }
}

async function markedDatabases(config: BackupConfig): Promise<readonly string[]> {
  const sql = `SELECT datname FROM pg_database
    WHERE shobj_description(oid, 'pg_database') = '${markOf(config)}' AND datname <> '${config.database}'`;
  const names = (await psql(config, { database: maintenance, sql })).split('\n');
  return names.filter((name) => /^[a-z0-9_]+$/.test(name));
}

function drop(config: BackupConfig, name: string): Promise<string> {
  return psql(config, {
    database: maintenance,
    sql: `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`,
  });
}
