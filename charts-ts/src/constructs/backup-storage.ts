// Where backups are kept, and what the pods that touch them are given: the volume, the bucket with its
// credentials, the keys that seal, the uploads. Credentials and keys are files of Secrets made elsewhere.
import { EnvValue, PersistentVolumeClaim, Secret, Volume, type VolumeMount } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';

/** A volume, a bucket, or both: then sets are made on the volume and copied to the bucket. */
export interface BackupStorage {
  /** Claim of the volume, such as one of an NFS class. @default - sets go to the bucket only */
  readonly claim?: string;
  /** @default - sets stay on the volume */
  readonly bucket?: BackupBucket;
  /**
   * Secret with the keys that seal sets, one 32-byte key in base64 for each entry; the last by name seals,
   * the others open older sets. @default - sets are stored as they are
   */
  readonly keysSecret?: string;
}

/** A bucket of Amazon S3, or of a server that has its conditional writes. */
export interface BackupBucket {
  readonly name: string;
  /** @default - Amazon's own, by region */
  readonly endpoint?: string;
  /** @default us-east-1 */
  readonly region?: string;
  /** Names with slashes in front of every key. @default - none */
  readonly prefix?: string;
  /** Secret with the keys `access-key-id` and `secret-access-key`. @default - the identity of the pod */
  readonly secret?: string;
  /** @default STANDARD */
  readonly storageClass?: 'STANDARD' | 'STANDARD_IA' | 'GLACIER_IR';
  /** Keeps each file of a set from being deleted for so long. @default - nothing is locked */
  readonly lock?: { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly days: number };
  /** Verified sets kept there. @default 3 last, 7 daily, 5 weekly, 12 monthly, 3 yearly */
  readonly keep?: Partial<KeptSets>;
}

/** How many verified sets stay: the newest, and the newest of so many days, weeks, months, years. */
export interface KeptSets {
  readonly last: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
}

export const DEFAULT_KEEP: KeptSets = { last: 3, daily: 7, weekly: 5, monthly: 12, yearly: 3 };

export interface StorageAccess {
  readonly env: Readonly<Record<string, EnvValue>>;
  readonly mounts: readonly VolumeMount[];
}

const FOLDER = '/backup';
const BUCKET_SECRET_FOLDER = '/run/secrets/bucket';
const KEYS_FOLDER = '/run/secrets/backup-keys';

/** Throws when neither a claim nor a bucket is named. */
export function backupStorage(
  scope: Construct,
  storage: BackupStorage,
  access: 'read-write' | 'read-only' = 'read-write',
): StorageAccess {
  const { claim, bucket, keysSecret } = storage;
  if (claim === undefined && bucket === undefined) {
    throw new Error(`${scope.node.path}: name a claim or a bucket, or both: backups need a place`);
  }
  const readOnly = access === 'read-only';
  const plain: Record<string, string> = {
    ...(claim === undefined ? {} : { BACKUP_DIR: FOLDER }),
    ...(bucket === undefined ? {} : bucketEnv(bucket)),
    ...(keysSecret === undefined ? {} : { BACKUP_KEYS_DIR: KEYS_FOLDER }),
  };
  const env = Object.entries(plain).map(([name, value]) => [name, EnvValue.fromValue(value)]);
  return {
    env: Object.fromEntries(env),
    mounts: [
      ...(claim === undefined ? [] : [{ ...claimMount(scope, { name: 'backup', claim, path: FOLDER }), readOnly }]),
      ...(bucket?.secret === undefined
        ? []
        : [secretMount(scope, { name: 'bucket', secret: bucket.secret, path: BUCKET_SECRET_FOLDER })]),
      ...(keysSecret === undefined
        ? []
        : [secretMount(scope, { name: 'backup-keys', secret: keysSecret, path: KEYS_FOLDER })]),
    ],
  };
}

/** The variables of a policy, such as `BACKUP_KEEP_DAILY`. */
export function keepEnv(prefix: string, keep: Partial<KeptSets> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ ...DEFAULT_KEEP, ...keep }).map(([why, sets]) => [
      `${prefix}_${why.toUpperCase()}`,
      String(sets),
    ]),
  );
}

interface ClaimMount {
  readonly name: string;
  readonly claim: string;
  readonly path: string;
}

/** A claimed volume at a path. */
export function claimMount(scope: Construct, { name, claim, path }: ClaimMount): VolumeMount {
  const found = PersistentVolumeClaim.fromClaimName(scope, `Claim-${name}`, claim);
  return { path, volume: Volume.fromPersistentVolumeClaim(scope, `Volume-${name}`, found, { name }) };
}

interface SecretMount {
  readonly name: string;
  readonly secret: string;
  readonly path: string;
}

function secretMount(scope: Construct, { name, secret, path }: SecretMount): VolumeMount {
  const found = Secret.fromSecretName(scope, `Secret-${name}`, secret);
  const volume = Volume.fromSecret(scope, `SecretVolume-${name}`, found, { name, defaultMode: 0o440 });
  return { path, volume, readOnly: true };
}

function bucketEnv(bucket: BackupBucket): Record<string, string> {
  const { name, endpoint, region, prefix, secret, storageClass, lock, keep } = bucket;
  return {
    BACKUP_S3_BUCKET: name,
    ...(endpoint ? { BACKUP_S3_ENDPOINT: endpoint } : {}),
    ...(region ? { BACKUP_S3_REGION: region } : {}),
    ...(prefix ? { BACKUP_S3_PREFIX: prefix } : {}),
    ...(storageClass ? { BACKUP_S3_STORAGE_CLASS: storageClass } : {}),
    ...(lock ? { BACKUP_S3_LOCK_MODE: lock.mode, BACKUP_S3_LOCK_DAYS: String(lock.days) } : {}),
    ...(secret ? { BACKUP_S3_CREDENTIALS_DIR: BUCKET_SECRET_FOLDER } : {}),
    ...(keep ? keepEnv('BACKUP_S3_KEEP', keep) : {}),
  };
}
