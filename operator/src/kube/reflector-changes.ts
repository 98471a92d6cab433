// What a list or an event changes in a cache, and how that is told: per object always upserted,
// upserted, ..., deleted; never a delete of what was not there, never one object in place of another.

import type { Keyed, WritableCache } from './cache.ts';

export type Change<T> =
  | {
      readonly kind: 'upserted';
      readonly object: T;
      /** What the cache had, of the same uid. */
      readonly previous?: T;
      /** True for the first list only. */
      readonly initial: boolean;
    }
  | { readonly kind: 'deleted'; readonly object: T; readonly initial: false }
  /** The first list is in the cache and all of it has been reported. Sent once. */
  | { readonly kind: 'synced' };

/** Makes the cache equal to `listed` in one go, and returns what that changed, deletes first. */
export function applyList<T extends Keyed>(
  cache: WritableCache<T>,
  listed: ReadonlyMap<string, T>,
  initial: boolean,
): Change<T>[] {
  const changes: Change<T>[] = [];
  for (const object of cache.list()) {
    if (listed.has(`${object.namespace}/${object.name}`)) continue;
    cache.remove(object.namespace, object.name);
    changes.push({ kind: 'deleted', object, initial: false });
  }
  for (const object of listed.values()) {
    const previous = cache.get(object.namespace, object.name);
    const same =
      previous?.uid === object.uid && previous.resourceVersion === object.resourceVersion;
    if (!same) changes.push(...replace(cache, object, initial));
  }
  return changes;
}

/** Carries one watch event into the cache and returns what that changed. */
export function applyEvent<T extends Keyed>(
  cache: WritableCache<T>,
  object: T,
  isDelete: boolean,
): Change<T>[] {
  if (!isDelete) return replace(cache, object, false);
  const previous = cache.remove(object.namespace, object.name);
  if (previous === undefined) return [];
  // Told with the last state there was, unless another object of the name went unseen.
  const last = previous.uid === object.uid ? object : previous;
  return [{ kind: 'deleted', object: last, initial: false }];
}

function replace<T extends Keyed>(
  cache: WritableCache<T>,
  object: T,
  initial: boolean,
): Change<T>[] {
  const previous = cache.set(object);
  if (previous === undefined) return [{ kind: 'upserted', object, initial }];
  if (previous.uid === object.uid) return [{ kind: 'upserted', object, previous, initial }];
  return [
    { kind: 'deleted', object: previous, initial: false },
    { kind: 'upserted', object, initial },
  ];
}
