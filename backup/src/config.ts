// The backup's settings, read from the environment once. Errors name the variable and the remedy.
import { tmpdir } from 'node:os';

import { cronJobPlace } from './annotate-cron-job.ts';
import type { CronJobPlace } from './annotate-cron-job.ts';
import { bucketSettings } from './bucket-config.ts';
import type { BucketSettings } from './bucket-config.ts';
import { readKeyRing } from './key-ring.ts';
import type { KeyRing } from './key-ring.ts';
import type { KeepPolicy } from './retention.ts';
import { scheduleProblem } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import type { ExporterConfig } from './serve-metrics.ts';
import { ConfigError, fileNamedBy, keepPolicy, whole } from './settings.ts';

/** Where sets are, and what opens them: all that looking at them needs. */
export interface Places {
  /** The volume; undefined where sets go to a bucket only. */
  readonly volume: { readonly dir: string; readonly keep: KeepPolicy } | undefined;
  /** The bucket; undefined where sets stay on the volume. */
  readonly bucket: BucketSettings | undefined;
  /** Undefined: sets are stored as they are. */
  readonly keys: KeyRing | undefined;
  /** A target that has not answered for so long has failed. */
  readonly stallMs: number;
}

/** Everything that making and restoring sets needs. */
export interface BackupConfig extends Places {
  readonly database: string;
  /** The app's folder of uploads, each named by its hash; undefined where there is none to copy. */
  readonly uploadsDir: string | undefined;
  /** The table whose column `sha256` names the uploads that the database knows. */
  readonly documentTable: string;
  /** Folder in which a drill makes one of its own, for uploads, and removes it again. */
  readonly drillDir: string;
  /** Database the drill restores into; made before and dropped after. */
  readonly drillDatabase: string;
  /** PG* variables handed to pg_dump, pg_restore and psql. */
  readonly toolEnv: Readonly<Record<string, string>>;
  /** The longest a single program may run. */
  readonly toolTimeoutMs: number;
  /** Tables that have to be in a dump, or it is not one of this app. */
  readonly requiredTables: readonly string[];
  /** The CronJob that carries the last verified set; undefined outside of a cluster. */
  readonly cronJob: CronJobPlace | undefined;
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
    ...parsePlaces(env),
    database,
    uploadsDir: env['UPLOADS_DIR'] || undefined,
    documentTable: databaseName(env, 'BACKUP_DOCUMENT_TABLE', 'document'),
    drillDir: env['DRILL_DIR'] || tmpdir(),
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
    cronJob: cronJobPlace(env),
  };
  for (const name of ['PGHOST', 'PGUSER']) {
    if (!env[name])
      throw new ConfigError(`${name}: missing. Set PGHOST, PGUSER, PGDATABASE and PGPASSWORD_FILE`);
  }
  return config;
}

/** Throws ConfigError. */
export function parsePlaces(env: NodeJS.ProcessEnv): Places {
  return {
    volume: volumeSettings(env),
    bucket: bucketSettings(env),
    keys: readKeyRing(env),
    stallMs:
      1_000 * whole(env, { name: 'BACKUP_STALL_SECONDS', fallback: 60, min: 1, max: 3_600 }),
  };
}

/** Throws ConfigError. */
export function parseExporter(env: NodeJS.ProcessEnv): ExporterConfig {
  const seconds = (name: string, fallback: number): number =>
    1_000 * whole(env, { name, fallback, min: 1, max: 604_800 });
  return {
    port: whole(env, { name: 'METRICS_PORT', fallback: 9_090, min: 0, max: 65_535 }),
    refreshMs: seconds('BACKUP_REFRESH_SECONDS', 60),
    schedule: scheduleOf(env),
    graceMs: seconds('BACKUP_GRACE_SECONDS', 7_200),
    stallMs: parsePlaces(env).stallMs,
  };
}

function scheduleOf(env: NodeJS.ProcessEnv): Schedule | undefined {
  const cron = env['BACKUP_SCHEDULE'];
  if (!cron) return undefined;
  const schedule = { cron, timeZone: env['BACKUP_TIME_ZONE'] || 'Etc/UTC' };
  const problem = scheduleProblem(schedule);
  if (problem !== undefined)
    throw new ConfigError(`BACKUP_SCHEDULE: "${cron}" in ${schedule.timeZone}: ${problem}`);
  return schedule;
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
