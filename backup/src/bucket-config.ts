// The bucket's settings, read from the environment. Errors name the variable and the remedy.
import { join } from 'node:path';

import type { KeepPolicy } from './retention.ts';
import type { BucketConfig } from './s3-bucket.ts';
import { ConfigError, fileNamedBy, keepPolicy, oneOf, whole } from './settings.ts';
import { coldClasses, earliestColdDays } from './tiers.ts';
import type { ColdPolicy } from './tiers.ts';

export interface BucketSettings extends BucketConfig {
  readonly keep: KeepPolicy;
  /** Undefined: the bucket's lifecycle moves nothing. */
  readonly cold: ColdPolicy | undefined;
}

/** Classes whose objects are read at once. */
const warmClasses = ['STANDARD', 'STANDARD_IA', 'GLACIER_IR'] as const;
const secondMs = 1_000;

/** Undefined without BACKUP_S3_BUCKET. Throws ConfigError. */
export function bucketSettings(env: NodeJS.ProcessEnv): BucketSettings | undefined {
  const bucket = env['BACKUP_S3_BUCKET'];
  if (!bucket) return undefined;
  const keep = keepPolicy(env, 'BACKUP_S3_KEEP');
  const seconds = (name: string, fallback: number): number =>
    secondMs * whole(env, { name, fallback, min: 1, max: 3_600 });
  return {
    bucket,
    prefix: prefixOf(env['BACKUP_S3_PREFIX'] ?? ''),
    endpoint: endpointOf(env['BACKUP_S3_ENDPOINT']),
    region: env['BACKUP_S3_REGION'] || 'us-east-1',
    credentials: credentialsOf(env),
    storageClass: oneOf(env, { name: 'BACKUP_S3_STORAGE_CLASS', words: warmClasses }) ?? 'STANDARD',
    lock: lockOf(env),
    leaseMs: seconds('BACKUP_S3_LEASE_SECONDS', 60),
    stallMs: seconds('BACKUP_STALL_SECONDS', 60),
    partBytes: 1_048_576 * whole(env, { name: 'BACKUP_S3_PART_MIB', fallback: 8, min: 5, max: 32 }),
    attempts: whole(env, { name: 'BACKUP_S3_ATTEMPTS', fallback: 5, min: 1, max: 20 }),
    keep,
    cold: coldOf(env, keep),
  };
}

function prefixOf(text: string): string {
  if (text === '') return '';
  if (!/^[\w.-]+(?:\/[\w.-]+)*\/?$/.test(text))
    throw new ConfigError(
      `BACKUP_S3_PREFIX: "${text}" has to be names with slashes between them, such as bank/ledger`,
    );
  return text.endsWith('/') ? text : `${text}/`;
}

function endpointOf(text: string | undefined): string | undefined {
  if (!text) return undefined;
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new ConfigError(`BACKUP_S3_ENDPOINT: "${text}" has to be a URL with http or https`);
  return text;
}

/** Two files of a mounted Secret. */
function credentialsOf(env: NodeJS.ProcessEnv): BucketConfig['credentials'] {
  const name = 'BACKUP_S3_CREDENTIALS_DIR';
  const dir = env[name];
  if (!dir) return undefined;
  const read = (file: string): string => fileNamedBy({ [name]: join(dir, file) }, name) ?? '';
  return { accessKeyId: read('access-key-id'), secretAccessKey: read('secret-access-key') };
}

function lockOf(env: NodeJS.ProcessEnv): BucketConfig['lock'] {
  const mode = oneOf(env, { name: 'BACKUP_S3_LOCK_MODE', words: ['GOVERNANCE', 'COMPLIANCE'] });
  if (mode === undefined) return undefined;
  return { mode, days: whole(env, { name: 'BACKUP_S3_LOCK_DAYS', fallback: 7, min: 1, max: 3_650 }) };
}

/* Sooner, daily and weekly sets would move as well and be deleted soon after, which classes with a
   minimum time charge for. */
function coldOf(env: NodeJS.ProcessEnv, keep: KeepPolicy): ColdPolicy | undefined {
  const storageClass = oneOf(env, { name: 'BACKUP_S3_COLD_CLASS', words: coldClasses });
  if (storageClass === undefined) return undefined;
  const earliest = earliestColdDays(keep);
  const name = 'BACKUP_S3_COLD_AFTER_DAYS';
  return { storageClass, afterDays: whole(env, { name, fallback: earliest, min: earliest, max: 3_650 }) };
}
