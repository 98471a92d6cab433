// The places that a configuration names: the first is where sets are made, the others get copies.
import type { Places } from './config.ts';
import type { KeepPolicy } from './retention.ts';
import { openBucketTarget } from './s3-target.ts';
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
export function openTargets(
  places: Places,
  onStep?: StepHook,
): readonly [KeptTarget, ...KeptTarget[]] {
  const { volume, bucket, stallMs } = places;
  // A bucket's own client has time-outs; a mount has none.
  const onVolumeAt = (dir: string): Target => withStallLimit(openVolume(dir, onStep), stallMs);
  const onVolume: KeptTarget[] =
    volume === undefined
      ? []
      : [{ place: 'volume', target: onVolumeAt(volume.dir), keep: volume.keep }];
  const inBucket: KeptTarget[] =
    bucket === undefined
      ? []
      : [{ place: 'bucket', target: openBucketTarget(bucket, onStep), keep: bucket.keep }];
  const [first, ...others] = [...onVolume, ...inBucket];
  if (first === undefined) throw new ConfigError('BACKUP_DIR or BACKUP_S3_BUCKET: name one of them');
  return [first, ...others];
}

/** The target that `--from` names, or the first. */
export function targetFrom(places: Places, from: string | undefined): Target {
  const targets = openTargets(places);
  if (from === undefined) return targets[0].target;
  const found = targets.find(({ place }) => place === from);
  if (found === undefined)
    throw new ConfigError(`--from: "${from}" is not one of ${targets.map(({ place }) => place).join(', ')}`);
  return found.target;
}
