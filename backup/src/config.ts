// The backup's settings, read from the environment once. Errors name the variable and the remedy.
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';

import type { KeepPolicy } from './retention.ts';

/** Everything the three commands need. */
export interface BackupConfig {
  /** The volume: sets, drill results and the lock live in here. */
  readonly dir: string;
  /** How many sets stay on the volume. */
  readonly keep: KeepPolicy;
  readonly database: string;
  /** The app's folder of uploads, each named by its hash; undefined where there is none to copy. */
  readonly uploadsDir: string | undefined;
  /** The table whose column `sha256` names the uploads that the database knows. */
  readonly documentTable: string;
  /** Folder in which a drill puts uploads for a while. */
  readonly drillDir: string;
  /** Database the drill restores into; made before and dropped after. */
  readonly drillDatabase: string;
  /** PG* variables handed to pg_dump, pg_restore and psql. */
  readonly toolEnv: Readonly<Record<string, string>>;
  /** The longest a single program may run. */
  readonly toolTimeoutMs: number;
  /** Tables that have to be in a dump, or it is not one of this app. */
  readonly requiredTables: readonly string[];
}

/** A setting a person has to correct. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const ledgerTables = ['account', 'transfer', 'posting', 'idempotency_key', '_prisma_migrations'];
const handedOn = [
  'PGHOST',
  'PGPORT',
  'PGUSER',
  'PGPASSWORD',
  'PGPASSFILE',
  'PGSSLMODE',
  'PGSSLROOTCERT',
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'LC_ALL',
];
/** What can be quoted in SQL and on a command line without surprises. */
const plainName = /^[a-z_][a-z0-9_]{0,62}$/;

/** Throws ConfigError. */
export function parseConfig(env: NodeJS.ProcessEnv, random: () => string): BackupConfig {
  const database = databaseName(env, 'PGDATABASE', undefined);
  const config: BackupConfig = {
    dir: env['BACKUP_DIR'] || '/backup',
    keep: keepPolicy(env, 'BACKUP_KEEP'),
    database,
    uploadsDir: env['UPLOADS_DIR'] || undefined,
    documentTable: databaseName(env, 'BACKUP_DOCUMENT_TABLE', 'document'),
    drillDir: env['DRILL_DIR'] || `${tmpdir()}/backup-drill`,
    drillDatabase: databaseName(
      env,
      'DRILL_DATABASE',
      `${database.slice(0, 40)}_drill_${random()}`,
    ),
    toolEnv: toolEnvironment(env),
    toolTimeoutMs:
      1_000 *
      whole(env, { name: 'BACKUP_TOOL_TIMEOUT_SECONDS', fallback: 3_600, min: 1, max: 86_400 }),
    requiredTables: ledgerTables,
  };
  for (const name of ['PGHOST', 'PGUSER']) {
    if (!env[name])
      throw new ConfigError(`${name}: missing. Set PGHOST, PGUSER, PGDATABASE and PGPASSWORD_FILE`);
  }
  return config;
}

const defaultKeep: KeepPolicy = { last: 3, daily: 7, weekly: 5, monthly: 12, yearly: 3 };

/** From `<prefix>_LAST`, `<prefix>_DAILY` and so on. */
function keepPolicy(env: NodeJS.ProcessEnv, prefix: string): KeepPolicy {
  const read = (why: keyof KeepPolicy): number =>
    whole(env, {
      name: `${prefix}_${why.toUpperCase()}`,
      fallback: defaultKeep[why],
      min: why === 'last' ? 1 : 0,
      max: 1_000,
    });
  return {
    last: read('last'),
    daily: read('daily'),
    weekly: read('weekly'),
    monthly: read('monthly'),
    yearly: read('yearly'),
  };
}

function toolEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.fromEntries(
    handedOn.flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
  );
  const file = env['PGPASSWORD_FILE'];
  if (!file) return kept;
  try {
    return { ...kept, PGPASSWORD: readFileSync(file, 'utf8').trimEnd() };
  } catch {
    throw new ConfigError(
      `PGPASSWORD_FILE: ${file} cannot be read. Mount the Secret there or correct the path`,
    );
  }
}

function databaseName(
  env: NodeJS.ProcessEnv,
  variable: string,
  fallback: string | undefined,
): string {
  const name = env[variable] || fallback;
  if (name === undefined)
    throw new ConfigError(`${variable}: missing. Give the name of the database`);
  if (!plainName.test(name))
    throw new ConfigError(
      `${variable}: "${name}" has to be small letters, digits and underscores, at most 63`,
    );
  return name;
}

function whole(
  env: NodeJS.ProcessEnv,
  { name, fallback, min, max }: { name: string; fallback: number; min: number; max: number },
): number {
  const text = env[name];
  if (!text) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new ConfigError(`${name}: "${text}" has to be a whole number from ${min} to ${max}`);
  return value;
}
