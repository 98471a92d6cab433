// `backup restore`: puts a set into a database and a folder that a person names. It makes the database, or
// takes an empty one, and never writes over what lives.
import { mkdir, readdir, rm } from 'node:fs/promises';

import { plainName } from './config.ts';
import type { BackupConfig } from './config.ts';
import { judgeLedger, ledgerCheckSql, parseFindings } from './ledger-check.ts';
import { psql } from './psql.ts';
import { openSet, restoreDatabase, restoreUploads } from './restore-set.ts';
import type { SetToRestore } from './restore-set.ts';
import { compareRows, rowsSql } from './row-counts.ts';
import type { RowCounts } from './row-counts.ts';
import { ConfigError } from './settings.ts';
import type { Target } from './target.ts';

export interface RestoreOptions {
  readonly config: BackupConfig;
  readonly target: Target;
  readonly now: () => Date;
  /** Id of the set, or `latest`. */
  readonly set: string | undefined;
  /** Undefined: the database is not restored. */
  readonly database: string | undefined;
  /** Folder; undefined: uploads are not restored. */
  readonly uploads: string | undefined;
}

export interface RestoreResult {
  readonly kind: 'restored' | 'restored-with-problems';
  readonly setId: string;
  readonly recoveryPoint: string;
  readonly database: string | undefined;
  readonly rows: RowCounts | undefined;
  /** How many were restored. */
  readonly uploads: number | undefined;
  readonly seconds: number;
  readonly problems: readonly string[];
}

/** Throws before anything is touched when something lives where the set is to go. */
export async function runRestore(options: RestoreOptions): Promise<RestoreResult> {
  const { config, target, now, database, uploads } = options;
  const startedAt = now().getTime();
  if (database === undefined && uploads === undefined)
    throw new ConfigError('--database and --uploads: name one of them, or both');
  const id = await idOf(options);
  const isThere = database === undefined ? false : await isEmptyDatabase(config, database);
  if (uploads !== undefined) await refuseFilled(uploads);
  const set = await openSet(config, target, id);
  const inDatabase =
    database === undefined ? undefined : await intoDatabase(config, set, { database, isThere });
  const hashes = uploads === undefined ? undefined : await intoFolder(set, uploads);
  const { manifest } = set;
  const lacking = manifest.uploads.kind === 'included' ? manifest.uploads.missing : [];
  const problems = [
    ...(inDatabase?.problems ?? []),
    ...(uploads === undefined ? [] : lacking.map((hash) => `the set lacks the upload ${hash}`)),
  ];
  return {
    kind: problems.length === 0 ? 'restored' : 'restored-with-problems',
    setId: id,
    recoveryPoint: manifest.recoveryPoint.time,
    database,
    rows: inDatabase?.rows,
    uploads: hashes?.length,
    seconds: (now().getTime() - startedAt) / 1_000,
    problems,
  };
}

async function idOf({ target, set }: RestoreOptions): Promise<string> {
  if (set === undefined)
    throw new ConfigError('--set: missing. Give the id of a set that `list` shows, or latest');
  const ids = await target.listSets();
  const id = set === 'latest' ? ids[0] : ids.find((one) => one === set);
  if (id === undefined)
    throw new ConfigError(
      `--set: ${target.name} has no set ${set}. It has ${ids.slice(0, 5).join(', ') || 'none'}`,
    );
  return id;
}

const relationsSql = `SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
   AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')`;

/** Whether the database is there. Throws unless it is empty or not there. */
async function isEmptyDatabase(config: BackupConfig, database: string): Promise<boolean> {
  if (!plainName.test(database))
    throw new ConfigError(`--database: "${database}" has to be small letters, digits and underscores`);
  const sql = `SELECT count(*) FROM pg_database WHERE datname = '${database}'`;
  if ((await psql(config, { database: 'postgres', sql })).trim() === '0') return false;
  const relations = Number(await psql(config, { database, sql: relationsSql }));
  if (relations === 0) return true;
  throw new ConfigError(
    `--database: "${database}" has ${relations} tables and sequences, and nothing is restored over what lives. Name a database that is not there, look at it, and swap the two with ALTER DATABASE ... RENAME TO`,
  );
}

/** Throws unless the folder is empty or not there. */
async function refuseFilled(dir: string): Promise<void> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new ConfigError(`--uploads: ${error.message}`);
  });
  const found = names.filter((name) => name !== 'lost+found');
  if (found.length > 0)
    throw new ConfigError(
      `--uploads: ${dir} has ${found.length} entries, and nothing is restored over what lives. Name a folder that is empty or not there, look at it, and move the two`,
    );
}

interface Destination {
  readonly database: string;
  readonly isThere: boolean;
}

async function intoDatabase(
  config: BackupConfig,
  set: SetToRestore,
  { database, isThere }: Destination,
): Promise<{ rows: RowCounts; problems: readonly string[] }> {
  const ask = (sql: string): Promise<string> => psql(config, { database: 'postgres', sql });
  if (!isThere) await ask(`CREATE DATABASE "${database}" TEMPLATE template0`);
  try {
    await restoreDatabase(config, set, database);
    const findings = parseFindings(await psql(config, { database, sql: ledgerCheckSql }));
    const rows = JSON.parse(await psql(config, { database, sql: rowsSql })) as RowCounts;
    return {
      rows,
      problems: [...judgeLedger(findings), ...compareRows(set.manifest.database.rows, rows)],
    };
  } catch (error) {
    // Half a database helps nobody, and would be in the way of the next attempt.
    if (!isThere) await ask(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
    throw error;
  }
}

async function intoFolder(set: SetToRestore, dir: string): Promise<readonly string[]> {
  await mkdir(dir, { recursive: true });
  try {
    return await restoreUploads(set, dir);
  } catch (error) {
    for (const name of await readdir(dir)) {
      if (/^[0-9a-f]{2}$/.test(name)) await rm(`${dir}/${name}`, { recursive: true, force: true });
    }
    throw error;
  }
}
