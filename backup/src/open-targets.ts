// The places that a configuration names: the first is where sets are made, the others get copies.
import type { Places } from './config.ts';
import type { KeepPolicy } from './retention.ts';
import { ConfigError } from './settings.ts';
import { withStallLimit } from './stall-limit.ts';
import type { StepHook, Target } from './target.ts';
import { openVolume } from './volume-target.ts';

export type Place = 'volume' | 'bucket';

export interface KeptTarget {
  readonly place: Place;
  readonly target: Target;
  readonly keep: KeepPolicy;
}

/** One at least, the volume first. */
export async function openTargets(
  places: Places,
  onStep?: StepHook,
): Promise<readonly [KeptTarget, ...KeptTarget[]]> {
  const { volume, bucket, stallMs } = places;
  const opened: KeptTarget[] = [];
  if (volume !== undefined) {
    // A bucket's own client has time-outs; a mount has none.
    const target = withStallLimit(openVolume(volume.dir, onStep), stallMs);
    opened.push({ place: 'volume', target, keep: volume.keep });
  }
  if (bucket !== undefined) {
    // The SDK is half a second and 30 MB, which a volume alone should not cost.
    const { openBucketTarget } = await import('./s3-target.ts');
    opened.push({ place: 'bucket', target: openBucketTarget(bucket, onStep), keep: bucket.keep });
  }
  const [first, ...others] = opened;
  if (first === undefined) throw new ConfigError('BACKUP_DIR or BACKUP_S3_BUCKET: name one of them');
  return [first, ...others];
}

/** The target that `--from` names, or the first. */
export async function targetFrom(places: Places, from: string | undefined): Promise<Target> {
  const targets = await openTargets(places);
  if (from === undefined) return targets[0].target;
  const found = targets.find(({ place }) => place === from);
  if (found !== undefined) return found.target;
  const known = targets.map(({ place }) => place).join(', ');
  throw new ConfigError(`--from: "${from}" is not one of ${known}`);
}
