// The Deployment controller, as far as taking over and handing back depend on it: a paused one
// scales the set it has, the newest empty one included; an unpaused one runs its own template.
import type { SeededRandom } from '../../../operator/src/lib/seeded-random.ts';
import { type DeploymentObject, type SetObject, type World, without } from '../world.ts';
import { soon } from './delay.ts';

export function runDeployments(world: World, random: SeededRandom): World {
  const { deployment } = world;
  if (!deployment) return world;
  const next = reconciled(world, deployment);
  if (next === world) return world;
  if (deployment.dueAt === undefined) {
    return { ...world, deployment: { ...deployment, dueAt: soon(world.now, random, 500) } };
  }
  return deployment.dueAt > world.now ? world : next;
}

function reconciled(world: World, deployment: DeploymentObject): World {
  const own = world.sets.filter((set) => set.owner === 'deployment');
  const sets = deployment.paused
    ? pausedSizes(own, deployment)
    : rolledSizes(world, own, deployment);
  const isSame =
    sets.length === own.length && sets.every((set, index) => set.desired === own[index]?.desired);
  if (isSame && deployment.observedGeneration === deployment.generation) return world;
  const known = new Map(sets.map((set) => [set.uid, set]));
  const resourceVersion = world.resourceVersion + 1;
  return {
    ...world,
    resourceVersion,
    deployment: {
      ...without(deployment, 'dueAt'),
      observedGeneration: deployment.generation,
      resourceVersion,
    },
    sets: [
      ...world.sets.map((set) => known.get(set.uid) ?? set),
      ...sets.filter((set) => !own.some(({ uid }) => uid === set.uid)),
    ],
  };
}

function pausedSizes(
  own: readonly SetObject[],
  { replicas }: DeploymentObject,
): readonly SetObject[] {
  const active = own.filter((set) => set.desired > 0);
  if (active.length > 1) return own;
  const scaled = active[0] ?? own.toSorted((a, b) => b.revision - a.revision)[0];
  return own.map((set) => (set === scaled ? sized(set, replicas) : set));
}

function rolledSizes(
  world: World,
  own: readonly SetObject[],
  deployment: DeploymentObject,
): readonly SetObject[] {
  const current =
    own.find((set) => set.version === deployment.version) ?? newSet(world, own, deployment);
  const all = own.includes(current) ? own : [...own, current];
  return all.map((set) => sized(set, set === current ? deployment.replicas : 0));
}

function sized(set: SetObject, desired: number): SetObject {
  return set.desired === desired ? set : { ...set, desired, generation: set.generation + 1 };
}

function newSet(world: World, own: readonly SetObject[], { version }: DeploymentObject): SetObject {
  return {
    name: `dep-d${version}`,
    uid: `dep-d${version}-${world.resourceVersion}`,
    owner: 'deployment',
    version,
    hash: `d${version}`,
    revision: 1 + Math.max(0, ...own.map((set) => set.revision)),
    desired: 0,
    generation: 1,
    outcome: 'superseded',
    isQuotaHit: false,
  };
}
