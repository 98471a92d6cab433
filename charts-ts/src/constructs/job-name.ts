// The name of a Job that belongs to an image.
import { tagOf } from './restricted-pod.ts';

const MAX_TAG_LENGTH = 20;

/** A Job's template cannot change: another image is another Job, the same one is applied in vain. */
export function jobName(prefix: string, image: string): string {
  const tag = (tagOf(image) ?? '').toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').slice(0, MAX_TAG_LENGTH);
  return `${prefix}-${tag}`.replace(/-+$/, '');
}
