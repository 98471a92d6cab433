// The cluster as it goes on: the present world and all the worlds before it, for caches that lag.
import type { SeededRandom } from '../../operator/src/lib/seeded-random.ts';
import type { Instant } from '../../operator/src/lib/instant.ts';
import { earliest } from '../../operator/src/rollout/pods.ts';
import { runDeployments } from './actors/deployments.ts';
import { runKubelet } from './actors/kubelet.ts';
import { runReplicaSets } from './actors/replica-sets.ts';
import { runEndpoints, runGateway } from './actors/traffic.ts';
import { passTime } from './actors/users.ts';
import type { World } from './world.ts';

export interface Cluster {
  world: World;
  readonly history: World[];
}

export function createCluster(world: World): Cluster {
  return { world, history: [world] };
}

/** Makes `world` the present one; returns its place in history. */
export function commit(cluster: Cluster, world: World): number {
  if (world !== cluster.world) {
    cluster.world = world;
    cluster.history.push(world);
  }
  return cluster.history.length - 1;
}

const ACTORS = [runDeployments, runReplicaSets, runKubelet, runEndpoints, runGateway];
/** Rounds in which the actors answer each other; more would be two of them at odds. */
const ROUNDS_MAX = 50;

/** Lets everybody do what is due now, until nobody has anything to do. */
export function runActors(cluster: Cluster, random: SeededRandom): void {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const before = cluster.world;
    const after = ACTORS.reduce((world, actor) => actor(world, random), before);
    if (after === before) return;
    commit(cluster, after);
  }
  throw new Error('the actors of the cluster do not come to rest');
}

/** When the next actor has something to do. */
export function nextDue({ world }: Cluster): Instant | undefined {
  const { canary, deployment, pods, route, stable } = world;
  return earliest([...pods, deployment, route, stable, canary].map((one) => one?.dueAt));
}

export function moveTo(cluster: Cluster, until: Instant): void {
  if (until > cluster.world.now) commit(cluster, passTime(cluster.world, until));
}
