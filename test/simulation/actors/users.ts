// What requests leave behind in the pods' counters while time goes by.
import { after, type Instant } from '../../../operator/src/lib/instant.ts';
import { REQUESTS_PER_SECOND, sharesOf, type World } from '../world.ts';

/** The world at `until`, with the requests of the time between counted. */
export function passTime(world: World, until: Instant): World {
  const seconds = Math.max(0, until - world.now) / 1000;
  const served = { ...world.served };
  for (const [hash, share] of sharesOf(world)) {
    const version = world.pods.find((pod) => pod.hash === hash)?.version;
    if (version === undefined) continue;
    const kind = world.versions.find(({ id }) => id === version)?.behaviour.kind;
    const before = served[version] ?? { requests: 0, errors: 0 };
    const answered = kind === 'silent' ? 0 : seconds * REQUESTS_PER_SECOND * share;
    served[version] = {
      requests: before.requests + answered,
      errors: before.errors + (kind === 'bad' ? answered / 2 : 0),
    };
  }
  return { ...world, now: after(world.now, Math.max(0, until - world.now)), served };
}
