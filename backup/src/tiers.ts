// Where a set lies as it grows old: hot on the volume, warm in the bucket, cold in a slower class of the
// bucket. Pure: the program deletes, the bucket's own lifecycle moves what is old.
import { setsToKeep } from './retention.ts';
import type { KeepPolicy, KnownSet } from './retention.ts';
import { timeOfSet } from './set-id.ts';

/** Slower and cheaper classes, in the words of S3. */
export const coldClasses = ['STANDARD_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'] as const;
export type ColdClass = (typeof coldClasses)[number];

export interface ColdPolicy {
  readonly afterDays: number;
  readonly storageClass: ColdClass;
}

export interface TierPolicy {
  readonly hot: KeepPolicy;
  readonly bucket: KeepPolicy;
  /** Undefined: sets stay warm for as long as they are kept. */
  readonly cold: ColdPolicy | undefined;
}

export type Tier = 'hot' | 'warm' | 'cold';

const dayMs = 86_400_000;

/** In which tiers each set lies at a moment, once retention has run; sets that are gone are left out. */
export function lifecyclePlan(
  sets: readonly KnownSet[],
  policy: TierPolicy,
  now: number,
): ReadonlyMap<string, readonly Tier[]> {
  const hot = setsToKeep(sets, policy.hot);
  const bucket = setsToKeep(sets, policy.bucket);
  const { cold } = policy;
  const isCold = (id: string): boolean =>
    cold !== undefined && now - timeOfSet(id) >= cold.afterDays * dayMs;
  const tiersOf = (id: string): readonly Tier[] => [
    ...(hot.has(id) ? (['hot'] as const) : []),
    ...(bucket.has(id) ? [isCold(id) ? ('cold' as const) : ('warm' as const)] : []),
  ];
  const planned = sets.map(({ id }) => [id, tiersOf(id)] as const);
  return new Map(planned.filter(([, tiers]) => tiers.length > 0));
}

/**
 * The lifecycle that the bucket's owner gives it, as PutBucketLifecycleConfiguration takes it. Only files
 * move to the cold: manifests and notes are read each night. What is deleted or rewritten goes for good
 * once its lock has run out, and parts of uploads that never ended go too.
 */
export function bucketLifecycle(prefix: string, cold: ColdPolicy | undefined): object {
  const tidy = {
    ID: 'slipway-backup-tidy',
    Status: 'Enabled',
    Filter: { Prefix: prefix },
    NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
  };
  if (cold === undefined) return { Rules: [tidy] };
  const move = {
    ID: 'slipway-backup-cold',
    Status: 'Enabled',
    Filter: { Prefix: `${prefix}sets/` },
    Transitions: [{ Days: cold.afterDays, StorageClass: cold.storageClass }],
  };
  return { Rules: [tidy, move] };
}

/** Days after which only monthly and yearly sets are left: what moves then is not deleted soon after. */
export function earliestColdDays(keep: KeepPolicy): number {
  return Math.max(keep.daily, 7 * keep.weekly) + 7;
}
