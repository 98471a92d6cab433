// All changes of a release in the order in which watches of ours saw them, and the latencies that can
// be read off it. Objects of different kinds come by different connections, so two sightings a
// millisecond apart may have swapped places.
import type { RawObject, ResourceType } from '../../../operator/src/kube/resource.ts';
import {
  APP_RELEASE, DEPLOYMENT, ENDPOINT_SLICE, HTTP_ROUTE, POD, RELEASE_ACTION, REPLICA_SET,
} from '../../../operator/src/controller/resources.ts';
import type { Site } from './lab.ts';
import type { Sighting } from './sightings.ts';

export type Traced = Sighting & {
  readonly kind: string;
  /** The same object as it was seen before. */
  readonly previous?: RawObject;
};

export type Trace = {
  /** Everything since the last call of `clear`. */
  readonly entries: readonly Traced[];
  clear(): void;
};

const TRACED: readonly ResourceType[] = [
  APP_RELEASE, DEPLOYMENT, ENDPOINT_SLICE, HTTP_ROUTE, POD, RELEASE_ACTION, REPLICA_SET,
];

export const startTrace = async (site: Site): Promise<Trace> => {
  const entries: Traced[] = [];
  const last = new Map<string, RawObject>();
  for (const type of TRACED) {
    const sightings = await site.watch(type);
    site.onEnd(sightings.listen((sighting) => {
      const key = `${type.kind}/${sighting.raw.metadata.name}`;
      const previous = last.get(key);
      last.set(key, sighting.raw);
      entries.push({ ...sighting, kind: type.kind, ...(previous ? { previous } : {}) });
    }));
  }
  return { entries, clear: () => void entries.splice(0) };
};

export type Check = (entry: Traced) => boolean;

/** Milliseconds from the first sighting of the cause to the first of the answer; undefined without. */
export const firstToFirst = (entries: readonly Traced[], cause: Check, answer: Check): number | undefined => {
  const from = entries.find(cause);
  const to = entries.find(answer);
  return from && to && to.atMs - from.atMs;
};

/**
 * For each answer, the time since the last cause before it. A cause is answered once: an answer
 * without a new cause since the one before has another reason.
 */
export const lastToEach = (entries: readonly Traced[], cause: Check, answer: Check): readonly number[] => {
  const lagsMs: number[] = [];
  let open: Traced | undefined;
  for (const entry of entries.toSorted((a, b) => a.atMs - b.atMs)) {
    if (cause(entry)) open = entry;
    if (!open || !answer(entry)) continue;
    lagsMs.push(entry.atMs - open.atMs);
    open = undefined;
  }
  return lagsMs;
};

/** For each moment of the wall clock, the time until the first answer after it. */
export const eachToNext = (
  momentsMs: readonly number[],
  entries: readonly Traced[],
  answer: Check,
): readonly number[] =>
  momentsMs.flatMap((momentMs) => {
    const next = entries.find((entry) => entry.wallMs >= momentMs && answer(entry));
    return next ? [next.wallMs - momentMs] : [];
  });
