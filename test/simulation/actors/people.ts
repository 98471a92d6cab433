// What people, pipelines, autoscalers and accidents do to the cluster while the operator works.
import type { SeededRandom } from '../../../operator/src/lib/seeded-random.ts';
import type { ActionName } from '../../../operator/src/api/release-action.ts';
import type { AppReleaseSpec } from '../../../operator/src/api/app-release.ts';
import type { Faults, ReleaseObject, World } from '../world.ts';
import { between, pick } from './delay.ts';

/** The world after somebody did something, and what it was, for the trace. */
export interface Deed {
  readonly what: string;
  readonly world: World;
}

export function wantVersion(world: World, version: number): World {
  const resourceVersion = world.resourceVersion + 1;
  if (world.deployment) {
    const { deployment } = world;
    return {
      ...world,
      resourceVersion,
      deployment: {
        ...deployment,
        version,
        resourceVersion,
        generation: deployment.generation + 1,
      },
    };
  }
  return changeRelease(world, (release) => ({ ...release, version }));
}

export function changeSpec(world: World, over: Partial<AppReleaseSpec>): World {
  return changeRelease(world, (release) => ({ ...release, spec: { ...release.spec, ...over } }));
}

export function scaleTo(world: World, replicas: number): World {
  return changeRelease(world, (release) => ({ ...release, replicas }));
}

export function wipeStatus(world: World): World {
  if (!world.release) return world;
  const resourceVersion = world.resourceVersion + 1;
  return { ...world, resourceVersion, release: { ...world.release, status: {}, resourceVersion } };
}

function changeRelease(world: World, change: (release: ReleaseObject) => ReleaseObject): World {
  if (!world.release) return world;
  const resourceVersion = world.resourceVersion + 1;
  const release = change(world.release);
  return {
    ...world,
    resourceVersion,
    release: { ...release, resourceVersion, generation: release.generation + 1 },
  };
}

export function act(
  world: World,
  action: ActionName,
  about: { readonly revision: number; readonly step?: number },
): World {
  const name = `action-${world.resourceVersion}`;
  return {
    ...world,
    resourceVersion: world.resourceVersion + 1,
    actions: [
      ...world.actions.filter((one) => one.result === undefined),
      { name, uid: name, action, by: 'ann', ...about },
    ],
  };
}

export function deleteRelease(world: World): World {
  return changeRelease(world, (release) => ({ ...release, isDeleted: true }));
}

/* Git knows nothing of the weights it owns. */
export function resetRoute(world: World, weight: number): World {
  const { route } = world;
  if (!route || route.weight === weight) return world;
  const resourceVersion = world.resourceVersion + 1;
  return {
    ...world,
    resourceVersion,
    route: { ...route, weight, resourceVersion, generation: route.generation + 1 },
  };
}

/** `count` Ready pods vanish, as in a node drain. */
export function drain(world: World, random: SeededRandom, count: number): World {
  const ready = world.pods.filter((pod) => pod.isReady && !pod.isTerminating);
  const gone = new Set(
    Array.from({ length: Math.min(count, ready.length) }, () => pick(random, ready).name),
  );
  if (gone.size === 0) return world;
  return {
    ...world,
    resourceVersion: world.resourceVersion + 1,
    pods: world.pods.filter((pod) => !gone.has(pod.name)),
  };
}

export function setFaults(world: World, faults: Faults): World {
  return { ...world, faults, resourceVersion: world.resourceVersion + 1 };
}

/** One deed, drawn at random. `mayLose`: what takes pods, quota or objects away is among them. */
export function randomDeed(world: World, random: SeededRandom, mayLose: boolean): Deed {
  const calm = [
    newVersion,
    newVersion,
    newVersion,
    somebodyActs,
    somebodyActs,
    autoscales,
    pauses,
    stepsChange,
    routeReset,
  ];
  const rough = [drains, quotaChanges, metricsChange, statusWiped, objectVanishes, partsChange];
  return pick(random, mayLose ? [...calm, ...rough] : calm)(world, random);
}

function newVersion(world: World, random: SeededRandom): Deed {
  const { id } = pick(random, world.versions);
  return { what: `version ${id} is wanted`, world: wantVersion(world, id) };
}

function somebodyActs(world: World, random: SeededRandom): Deed {
  const action = pick(random, ['promote', 'promote', 'abort', 'pause', 'resume', 'retry'] as const);
  const status = world.release?.status;
  const known = status?.candidate?.revision ?? 1;
  const revision = random.uniform() < 0.1 ? known + 1 : known;
  const step = random.uniform() < 0.5 ? status?.step?.index : undefined;
  const about = { revision, ...(step === undefined ? {} : { step }) };
  return { what: `${action} of revision ${revision}`, world: act(world, action, about) };
}

function autoscales(world: World, random: SeededRandom): Deed {
  const replicas = pick(random, [0, 1, 2, 3, 5, 10]);
  return { what: `${replicas} replicas`, world: scaleTo(world, replicas) };
}

function pauses(world: World): Deed {
  const paused = !world.release?.spec.paused;
  return { what: `spec.paused ${paused}`, world: changeSpec(world, { paused }) };
}

function stepsChange(world: World, random: SeededRandom): Deed {
  const canary = world.release?.spec.strategy.canary;
  if (!canary) return { what: 'nothing', world };
  const weights = Array.from({ length: between(random, 0, 3) }, () =>
    between(random, 1, 100),
  ).toSorted((a, b) => a - b);
  const strategy = { canary: { ...canary, steps: weights.map((weight) => ({ weight })) } };
  return { what: `steps ${weights.join(' ')}`, world: changeSpec(world, { strategy }) };
}

function routeReset(world: World): Deed {
  return { what: 'git resets the route', world: resetRoute(world, 0) };
}

function drains(world: World, random: SeededRandom): Deed {
  const count = between(random, 1, 4);
  return { what: `${count} pods are drained`, world: drain(world, random, count) };
}

function quotaChanges(world: World, random: SeededRandom): Deed {
  const quota = between(random, 0, 12);
  const { quota: _old, ...faults } = world.faults;
  return {
    what: `quota ${quota}`,
    world: setFaults(world, random.uniform() < 0.5 ? faults : { ...faults, quota }),
  };
}

function metricsChange(world: World, random: SeededRandom): Deed {
  const metrics = pick(random, ['fine', 'none', 'sharedOutage'] as const);
  return { what: `metrics ${metrics}`, world: setFaults(world, { ...world.faults, metrics }) };
}

function statusWiped(world: World): Deed {
  return { what: 'the status is wiped', world: wipeStatus(world) };
}

function objectVanishes(world: World, random: SeededRandom): Deed {
  const what = pick(random, ['canary', 'stable', 'route'] as const);
  const isOurs = what !== 'route' || world.release?.spec.traffic?.gateway?.routeRef === undefined;
  if (!isOurs) return { what: 'nothing', world };
  return {
    what: `${what} vanishes`,
    world: { ...world, [what]: undefined, resourceVersion: world.resourceVersion + 1 },
  };
}

function partsChange(world: World): Deed {
  const { canary, route, stable } = world;
  const resourceVersion = world.resourceVersion + 1;
  const stale = <T extends { readonly isCurrent: boolean }>(one: T | undefined) =>
    one && { ...one, isCurrent: false, resourceVersion };
  return {
    what: 'ports and rules change',
    world: {
      ...world,
      resourceVersion,
      stable: stale(stable),
      canary: stale(canary),
      route: world.release?.spec.traffic?.gateway?.routeRef ? route : stale(route),
    },
  };
}
