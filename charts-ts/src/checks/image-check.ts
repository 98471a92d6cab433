// The same image tomorrow as today: a digest or a full version, so that two pods of one revision are
// the same program and a rollback finds what it left.
import type { Finding } from './finding.ts';
import { contained, type Check } from './world.ts';

const DIGEST = /@sha256:[0-9a-f]{64}$/;
const VERSION = /:v?\d+\.\d+\.\d+(?:[-_][\w.-]+)?$/;
/* Images of this registry exist only where somebody loaded them; nobody can push another one. */
const LOADED = 'localhost/';

/** Finds images by a tag that can move. */
export const checkImages: Check = (world) =>
  contained(world).flatMap(({ path, containerField, container }): Finding[] => {
    const problem = whyMutable(container.image ?? '');
    if (problem === undefined) return [];
    return [
      {
        path,
        field: `${containerField}.image`,
        problem: `${container.image ?? 'no image'} ${problem}`,
        remedy: 'Name a digest (image@sha256:...) or a full version (image:1.2.3)',
      },
    ];
  });

/** Why an image may be another one tomorrow; undefined where it is fixed. */
export function whyMutable(image: string): string | undefined {
  if (DIGEST.test(image)) return undefined;
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  if (tag === undefined || image.includes('@')) return 'has no tag and no whole digest';
  if (tag === 'latest') return 'is whatever was pushed last';
  if (VERSION.test(image) || image.startsWith(LOADED)) return undefined;
  return `has a tag that can move (${tag})`;
}
