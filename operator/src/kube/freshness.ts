// Freshness: read your own writes (KEP-5647). After a write to one of a key's objects, the key waits
// until the cache of that type has come as far as the write; another key does not wait for it.

import type { Clock } from '../lib/clock.ts';
import { hasReached } from './resource-version.ts';
import { apiVersionOf } from './resource.ts';
import type { ResourceType } from './resource.ts';

export interface Expectations {
  /** Remembers that an object of `type` was written on behalf of `key` at `resourceVersion`. */
  note(type: ResourceType, key: string, resourceVersion: string): void;
  /** True when every cache has seen what was written for `key`; the key is then forgotten. */
  satisfied(key: string): boolean;
  /** Milliseconds since the last write that is not seen yet; undefined when all are seen. */
  since(key: string): number | undefined;
  /** The types whose caches have not seen what was written for `key`. */
  unseen(key: string): readonly ResourceType[];
  /** Stops waiting: after live reads, or when the key's object is gone. */
  forget(key: string): void;
  readonly size: number;
}

export interface ExpectationsOptions {
  readonly clock: Clock;
  /** How far the cache of a type has come; undefined for a type nobody caches: never waited for. */
  readonly seen: (type: ResourceType) => string | undefined;
}

type Written = { readonly type: ResourceType; readonly resourceVersion: string };
type Unseen = { readonly byType: Map<string, Written>; lastWriteMs: number };

export function createExpectations({ clock, seen }: ExpectationsOptions): Expectations {
  const unseen = new Map<string, Unseen>();

  const hasSeen = ({ type, resourceVersion }: Written): boolean => {
    const progress = seen(type);
    return progress === undefined || hasReached(progress, resourceVersion);
  };

  const satisfied = (key: string): boolean => {
    const entry = unseen.get(key);
    if (entry === undefined) return true;
    for (const [name, written] of entry.byType) {
      if (hasSeen(written)) entry.byType.delete(name);
    }
    if (entry.byType.size > 0) return false;
    unseen.delete(key);
    return true;
  };

  return {
    note(type, key, resourceVersion) {
      const entry = unseen.get(key) ?? { byType: new Map(), lastWriteMs: 0 };
      const name = `${apiVersionOf(type)}/${type.plural}`;
      const before = entry.byType.get(name);
      entry.lastWriteMs = clock.monotonic();
      unseen.set(key, entry);
      // Answers may arrive in another order than the writes were made in.
      if (before !== undefined && hasReached(before.resourceVersion, resourceVersion)) return;
      entry.byType.set(name, { type, resourceVersion });
    },
    satisfied,
    since(key) {
      if (satisfied(key)) return undefined;
      return clock.monotonic() - (unseen.get(key)?.lastWriteMs ?? clock.monotonic());
    },
    unseen: (key) =>
      satisfied(key) ? [] : [...(unseen.get(key)?.byType.values() ?? [])].map(({ type }) => type),
    forget: (key) => void unseen.delete(key),
    get size() {
      return unseen.size;
    },
  };
}
