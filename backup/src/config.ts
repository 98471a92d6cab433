// The backup's settings, read from the environment once. Errors name the variable and the remedy.
import { tmpdir } from 'node:os';

import { bucketSettings } from './bucket-config.ts';
import type { BucketSettings } from './bucket-config.ts';
import { readKeyRing } from './key-ring.ts';
import type { KeyRing } from './key-ring.ts';
import type { KeepPolicy } from './retention.ts';
import { ConfigError, fileNamedBy, keepPolicy, whole } from './settings.ts';

/** Everything the three commands need. */
export interface BackupConfig {
  /** The volume; undefined where sets go to a bucket only. */
  readonly volume: { readonly dir: string; readonly keep: KeepPolicy } | undefined;
  /** The bucket; undefined where sets stay on the volume. */
  readonly bucket: BucketSettings | undefined;
  /** Undefined: sets are stored as they are. */
  readonly keys: KeyRing | undefined;
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
export const plainName = /^[a-z_][a-z0-9_]{0,62}$/;

/** Throws ConfigError. */
export function parseConfig(env: NodeJS.ProcessEnv, random: () => string): BackupConfig {
  const database = databaseName(env, 'PGDATABASE', undefined);
  const config: BackupConfig = {
    volume: volumeSettings(env),
    bucket: bucketSettings(env),
    keys: readKeyRing(env),
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

/** A bucket alone needs no volume; with nothing named there is the usual place for one. */
function volumeSettings(env: NodeJS.ProcessEnv): BackupConfig['volume'] {
  const dir = env['BACKUP_DIR'] || (env['BACKUP_S3_BUCKET'] ? undefined : '/backup');
  return dir === undefined ? undefined : { dir, keep: keepPolicy(env, 'BACKUP_KEEP') };
}

function toolEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.fromEntries(
    handedOn.flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
  );
  const password = fileNamedBy(env, 'PGPASSWORD_FILE');
  return password === undefined ? kept : { ...kept, PGPASSWORD: password };
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
