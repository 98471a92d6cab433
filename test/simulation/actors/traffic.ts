// What follows the operator's traffic writes: EndpointSlices, and the gateway that reads the route.
import type { SeededRandom } from '../../../operator/src/lib/seeded-random.ts';
import { type ServiceObject, type World, without } from '../world.ts';
import { soon } from './delay.ts';

export function runEndpoints(world: World, random: SeededRandom): World {
  const stable = runService(world, world.stable, random);
  const canary = runService(world, world.canary, random);
  if (stable === world.stable && canary === world.canary) return world;
  return { ...world, resourceVersion: world.resourceVersion + 1, stable, canary };
}

function runService(
  world: World,
  service: ServiceObject | undefined,
  random: SeededRandom,
): ServiceObject | undefined {
  if (!service) return undefined;
  const wanted = world.pods
    .filter((pod) => pod.hash === service.hash && pod.isReady && !pod.isTerminating)
    .map((pod) => pod.name);
  const isRight =
    wanted.length === service.readyPods.length &&
    wanted.every((name) => service.readyPods.includes(name));
  if (isRight) return service.dueAt === undefined ? service : without(service, 'dueAt');
  if (service.dueAt === undefined) return { ...service, dueAt: soon(world.now, random, 300) };
  if (service.dueAt > world.now) return service;
  return { ...without(service, 'dueAt'), readyPods: wanted };
}

export function runGateway(world: World, random: SeededRandom): World {
  const { route } = world;
  if (!route || route.gateway === 'silent' || route.seenGeneration === route.generation)
    return world;
  if (route.dueAt === undefined) {
    return bump(world, { ...route, dueAt: soon(world.now, random, 800) });
  }
  if (route.dueAt > world.now) return world;
  return bump(world, { ...without(route, 'dueAt'), seenGeneration: route.generation });
}

function bump(world: World, route: NonNullable<World['route']>): World {
  const resourceVersion = world.resourceVersion + 1;
  return { ...world, resourceVersion, route: { ...route, resourceVersion } };
}
