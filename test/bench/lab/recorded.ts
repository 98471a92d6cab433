// The objects of one release at rest, as a real API server sent them, and as many copies of them as
// are asked for. A copy differs in names and uids and is as long as its original, give or take.
import {
  APP_RELEASE,
  DEPLOYMENT,
  POD,
  REPLICA_SET,
} from '../../../operator/src/controller/resources.ts';
import type { RawObject } from '../../../operator/src/kube/resource.ts';
import type { Site } from './lab.ts';
import { appRelease, deployment } from './objects.ts';
import { statusOf } from './release.ts';

/** Unlike any other word in the objects, so that replacing it changes names and nothing else. */
const NAME = 'recorded-release';

export type Recorded = {
  /** Objects of the plural in all copies together. */
  count(plural: string): number;
  /** The object of that index, as JSON text. */
  textAt(plural: string, index: number): string;
};

/** Lets an operator bring up one release of so many pods, and keeps what the API server has of it. */
export const recordRelease = async (
  site: Site,
  replicas: number,
  copies: number,
): Promise<Recorded> => {
  const { client, namespace } = site;
  const place = { namespace, name: NAME };
  const releases = await site.watch(APP_RELEASE);
  await client.create(DEPLOYMENT, deployment(place));
  await client.create(APP_RELEASE, appRelease(place, [{ weight: 50 }], { replicas }));
  const operator = site.startOperator();
  await releases.until('the recorded release to serve', (raw) => {
    const { phase, readyReplicas, updatedReplicas } = statusOf(raw);
    return phase === 'Healthy' && readyReplicas === replicas && updatedReplicas === replicas;
  });
  await operator.stop();
  const originals = new Map<string, readonly string[]>();
  for (const type of [APP_RELEASE, DEPLOYMENT, REPLICA_SET, POD]) {
    const { items } = await client.list(type, { namespace });
    const own = items.filter(({ metadata }) => metadata.name?.startsWith(NAME));
    originals.set(
      type.plural,
      own.map((raw) => JSON.stringify(raw)),
    );
  }
  const uids = [...originals.values()]
    .flat()
    .map((text) => (JSON.parse(text) as RawObject).metadata.uid ?? '');
  return {
    count: (plural) => (originals.get(plural)?.length ?? 0) * copies,
    textAt(plural, index) {
      const texts = originals.get(plural) ?? [];
      const copy = Math.floor(index / texts.length);
      const text = texts[index % texts.length] ?? '';
      const tail = copy.toString(16).padStart(8, '0');
      const renamed = text.replaceAll(NAME, `app-${String(copy).padStart(5, '0')}`);
      return uids.reduce((done, uid) => done.replaceAll(uid, uid.slice(0, -8) + tail), renamed);
    },
  };
};
