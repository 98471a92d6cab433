// What a watch of ours saw, and when: latencies are differences of two sightings by one clock, so
// that neither the operator's word nor its clock is needed.
import { startReflector } from '../../../operator/src/kube/reflector.ts';
import type { Keyed } from '../../../operator/src/kube/cache.ts';
import type { RawObject, ResourceType } from '../../../operator/src/kube/resource.ts';
import type { Transport } from '../../../operator/src/kube/transport.ts';

export type Sighting = {
  /** By `performance.now()`. */
  readonly atMs: number;
  /** By the wall clock, to compare with times in a status. */
  readonly wallMs: number;
  readonly raw: RawObject;
  readonly isDeleted: boolean;
};

export type Sightings = {
  /** The next change that satisfies `check`, which must come after the call. */
  next(what: string, check: (sighting: Sighting) => boolean): Promise<Sighting>;
  /** Resolves as soon as some object, present or future, satisfies `check`. */
  until(what: string, check: (raw: RawObject) => boolean): Promise<RawObject>;
  /** The same for all objects together. */
  untilAll(what: string, check: (objects: readonly RawObject[]) => boolean): Promise<void>;
  list(): readonly RawObject[];
  /** Told of each change, until the returned function is called. */
  listen(onSighting: (sighting: Sighting) => void): () => void;
  stop(): Promise<void>;
};

export type WatchOptions = {
  readonly transport: Transport;
  readonly type: ResourceType;
  readonly namespace: string;
  readonly deadlineMs?: number;
};

interface Kept extends Keyed {
  readonly raw: RawObject;
}

export const watchSightings = async (options: WatchOptions): Promise<Sightings> => {
  const { transport, type, namespace, deadlineMs = 120_000 } = options;
  const listeners = new Set<(sighting: Sighting) => void>();
  const reflector = startReflector<Kept>({
    transport, type, namespace,
    project: keep,
    onChange(change) {
      if (change.kind === 'synced' || (change.kind === 'upserted' && change.initial)) return;
      const isDeleted = change.kind === 'deleted';
      const sighting = { atMs: performance.now(), wallMs: Date.now(), raw: change.object.raw, isDeleted };
      for (const listener of listeners) listener(sighting);
    },
  });
  await reflector.synced;
  const list = (): readonly RawObject[] => reflector.cache.list().map(({ raw }) => raw);

  const wait = <T>(what: string, look: (sighting?: Sighting) => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        listeners.delete(listener);
      };
      const listener = (sighting?: Sighting): void => {
        const found = look(sighting);
        if (found === undefined) return;
        end();
        resolve(found);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`waited ${deadlineMs / 1000} s for ${what}`));
      }, deadlineMs);
      listeners.add(listener);
      listener();
    });

  return {
    list,
    next: (what, check) =>
      wait(what, (sighting) => (sighting !== undefined && check(sighting) ? sighting : undefined)),
    until: (what, check) =>
      wait(what, (sighting) =>
        sighting === undefined ? list().find(check) : check(sighting.raw) ? sighting.raw : undefined),
    untilAll: async (what, check) => {
      await wait(what, () => (check(list()) ? true : undefined));
    },
    listen(onSighting) {
      listeners.add(onSighting);
      return () => listeners.delete(onSighting);
    },
    stop: () => reflector.stop(),
  };
};

const keep = (raw: RawObject): Kept => {
  const { namespace = '', name = '', uid = '', resourceVersion = '' } = raw.metadata;
  return { namespace, name, uid, resourceVersion, raw };
};
