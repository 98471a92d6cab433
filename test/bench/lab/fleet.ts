// Many small releases in one namespace: one replica, weights 50 and 100, no pauses.
import { APP_RELEASE, DEPLOYMENT } from '../../../operator/src/controller/resources.ts';
import type { Site } from './lab.ts';
import { appRelease, deployment, toVersion } from './objects.ts';
import { statusOf } from './release.ts';
import type { Sightings } from './sightings.ts';

export type Fleet = {
  readonly size: number;
  /** Makes releases until there are so many, and waits until all of them serve. */
  growTo(size: number): Promise<void>;
  nameOf(index: number): string;
  /** Asks those for their next version. */
  change(indexes: readonly number[]): Change;
};

export type Change = {
  /** All changes were accepted by the API server. */
  readonly sent: Promise<void>;
  /** When each of the releases was promoted, by `performance.now()`. */
  readonly promotedMs: Promise<readonly number[]>;
};

/** Requests at the same time: enough to keep the API server busy, too few to hurt it. */
const THREADS = 16;
const DEADLINE_MS = 20 * 60_000;

export const createFleet = (site: Site, releases: Sightings): Fleet => {
  const { client, namespace } = site;
  const versions: number[] = [];
  const place = (index: number): { namespace: string; name: string } => ({
    namespace,
    name: nameOf(index),
  });

  const untilPromoted = (indexes: readonly number[]): Promise<readonly number[]> =>
    new Promise((resolve, reject) => {
      const waiting = new Map(indexes.map((index) => [nameOf(index), versions[index] ?? 1]));
      const promotedMs: number[] = [];
      const timer = setTimeout(() => {
        stop();
        const [first] = waiting.keys();
        reject(
          new Error(
            `${waiting.size} of ${indexes.length} releases were not promoted in time, one is ${first}`,
          ),
        );
      }, DEADLINE_MS);
      const stop = releases.listen(({ atMs, raw }) => {
        const name = raw.metadata.name ?? '';
        const { phase, stable } = statusOf(raw);
        if (waiting.get(name) !== stable?.revision || phase !== 'Healthy') return;
        waiting.delete(name);
        promotedMs.push(atMs);
        if (waiting.size > 0) return;
        stop();
        clearTimeout(timer);
        resolve(promotedMs);
      });
    });

  return {
    get size() {
      return versions.length;
    },
    nameOf,
    async growTo(size) {
      const added = Array.from(
        { length: size - versions.length },
        (_, offset) => versions.length + offset,
      );
      for (const index of added) versions[index] = 1;
      const promoted = untilPromoted(added);
      await eachOf(added, async (index) => {
        await client.create(DEPLOYMENT, deployment(place(index)));
        await client.create(
          APP_RELEASE,
          appRelease(place(index), [{ weight: 50 }], { replicas: 1 }),
        );
      });
      if (added.length > 0) await promoted;
    },
    change(indexes) {
      for (const index of indexes) versions[index] = (versions[index] ?? 1) + 1;
      // Listened for before anything is sent: the first may be through before the last is sent.
      const promotedMs = untilPromoted(indexes);
      const sent = eachOf(indexes, async (index) => {
        const version = versions[index] ?? 1;
        await client.jsonPatch({ type: DEPLOYMENT, ...place(index) }, toVersion(version), {
          fieldManager: 'git',
        });
      });
      return { sent, promotedMs };
    },
  };
};

const nameOf = (index: number): string => `app-${String(index).padStart(5, '0')}`;

/** Does it for each, so many at the same time. */
const eachOf = async <T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<void> => {
  const left = items.values();
  const one = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: THREADS }, one));
};
