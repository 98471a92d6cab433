// The kubelet: what becomes of each pod, chapter by chapter, as its version behaves.
import type { SeededRandom } from '../../../operator/src/lib/seeded-random.ts';
import { after } from '../../../operator/src/lib/instant.ts';
import type { PodTrouble } from '../../../operator/src/rollout/snapshot.ts';
import { type Behaviour, type PodObject, type World, without } from '../world.ts';
import { soon } from './delay.ts';

/** Then it is down for good, or no run would ever come to rest. */
const FLAPS_MAX = 12;

export function runKubelet(world: World, random: SeededRandom): World {
  const due = world.pods.some((pod) => pod.dueAt !== undefined && pod.dueAt <= world.now);
  if (!due) return world;
  const pods = world.pods.flatMap((pod) => {
    if (pod.dueAt === undefined || pod.dueAt > world.now) return [pod];
    return pod.isTerminating ? [] : [nextChapter(world, pod, random)];
  });
  return { ...world, resourceVersion: world.resourceVersion + 1, pods };
}

function nextChapter(world: World, pod: PodObject, random: SeededRandom): PodObject {
  const behaviour = world.versions.find(({ id }) => id === pod.version)?.behaviour ?? {
    kind: 'good',
  };
  const read = { ...without(pod, 'dueAt'), chapter: pod.chapter + 1 };
  return chapterOf(behaviour, { world, pod: read, random });
}

interface Page {
  readonly world: World;
  readonly pod: PodObject;
  readonly random: SeededRandom;
}

function chapterOf(behaviour: Behaviour, { world, pod, random }: Page): PodObject {
  const { now } = world;
  switch (behaviour.kind) {
    case 'good':
    case 'bad':
    case 'silent':
      return ready(pod, world);
    case 'imageMissing':
      return troubled(pod, { reason: 'ImageUnavailable', isCertain: true, message: 'not found' });
    case 'neverReady':
      return pod;
    case 'crashes':
      return {
        ...troubled(pod, { reason: 'CrashLoop', isCertain: false, message: 'back-off' }),
        restarts: pod.chapter,
        ...(pod.chapter < 4 ? { dueAt: soon(now, random, 3000) } : {}),
      };
    case 'flaps': {
      if (pod.chapter > FLAPS_MAX) return lost(pod, world);
      const dueAt = soon(now, random, 4000);
      return pod.chapter % 2 === 1
        ? { ...ready(pod, world), dueAt }
        : { ...lost(pod, world), restarts: pod.restarts + 1, dueAt };
    }
    case 'losesReadiness':
      return pod.chapter === 1
        ? { ...ready(pod, world), dueAt: after(now, behaviour.afterMs) }
        : lost(pod, world);
    case 'waits': {
      if (pod.chapter > 1) return ready(pod, world);
      const stuck = troubled(pod, {
        reason: behaviour.reason,
        isCertain: false,
        message: 'waiting',
      });
      return Number.isFinite(behaviour.forMs)
        ? { ...stuck, dueAt: after(now, behaviour.forMs) }
        : stuck;
    }
  }
}

function ready(pod: PodObject, { now }: World): PodObject {
  return {
    ...without(pod, 'trouble'),
    isReady: true,
    readyChangedAt: pod.isReady ? pod.readyChangedAt : now,
  };
}

function lost(pod: PodObject, { now }: World): PodObject {
  return { ...pod, isReady: false, readyChangedAt: now, readinessLosses: pod.readinessLosses + 1 };
}

function troubled(pod: PodObject, trouble: PodTrouble): PodObject {
  return { ...pod, isReady: false, trouble };
}
