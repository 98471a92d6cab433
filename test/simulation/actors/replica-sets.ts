// The ReplicaSet controller: as many pods as asked for, unready and young ones first to go.
import type { SeededRandom } from '../../../operator/src/lib/seeded-random.ts';
import type { PodObject, SetObject, World } from '../world.ts';
import { podsOf } from '../world.ts';
import { soon } from './delay.ts';

export function runReplicaSets(world: World, random: SeededRandom): World {
  let next = world;
  for (const set of world.sets) next = runSet(next, set, random);
  return next;
}

function runSet(world: World, set: SetObject, random: SeededRandom): World {
  const live = podsOf(world, set).filter((pod) => !pod.isTerminating);
  if (live.length < set.desired) return grow(world, set, { missing: set.desired - live.length, random });
  const calm = set.isQuotaHit ? setQuotaHit(world, set, false) : world;
  if (live.length > set.desired) return shrink(calm, live, { surplus: live.length - set.desired, random });
  return calm;
}

function grow(
  world: World,
  set: SetObject,
  { missing, random }: { readonly missing: number; readonly random: SeededRandom },
): World {
  const room = world.faults.quota === undefined ? missing : world.faults.quota - world.pods.length;
  const count = Math.max(0, Math.min(missing, room));
  const next = set.isQuotaHit === count < missing ? world : setQuotaHit(world, set, count < missing);
  if (count === 0) return next;
  const made = Array.from({ length: count }, (_, index): PodObject => ({
    name: `${set.name}-${world.resourceVersion + 1}-${index}`,
    setUid: set.uid,
    version: set.version,
    hash: set.hash,
    createdAt: world.now,
    isReady: false,
    readyChangedAt: world.now,
    isTerminating: false,
    restarts: 0,
    readinessLosses: 0,
    dueAt: soon(world.now, random, 2000),
    chapter: 0,
  }));
  return { ...next, resourceVersion: next.resourceVersion + 1, pods: [...next.pods, ...made] };
}

function setQuotaHit(world: World, set: SetObject, isQuotaHit: boolean): World {
  return {
    ...world,
    resourceVersion: world.resourceVersion + 1,
    sets: world.sets.map((one) => (one.uid === set.uid ? { ...one, isQuotaHit } : one)),
  };
}

function shrink(
  world: World,
  live: readonly PodObject[],
  { surplus, random }: { readonly surplus: number; readonly random: SeededRandom },
): World {
  const going = new Set(inOrderOfLeaving(live).slice(0, surplus).map((pod) => pod.name));
  return {
    ...world,
    resourceVersion: world.resourceVersion + 1,
    pods: world.pods.map((pod) =>
      going.has(pod.name) ? { ...pod, isTerminating: true, dueAt: soon(world.now, random, 1500) } : pod),
  };
}

/** Which pods a ReplicaSet takes away first. */
export function inOrderOfLeaving(pods: readonly PodObject[]): readonly PodObject[] {
  return pods.toSorted((a, b) => Number(a.isReady) - Number(b.isReady) || b.createdAt - a.createdAt);
}
