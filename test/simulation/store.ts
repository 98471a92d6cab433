// The operator's writes, each with the precondition that the API server would hold it to. A write
// whose precondition fails changes nothing.
import { assertNever } from '../../operator/src/lib/assert.ts';
import type { AppReleaseStatus } from '../../operator/src/api/app-release-status.ts';
import type { Effect, OutcomeMark, SetRef } from '../../operator/src/rollout/decision.ts';
import { type View, wantedIn } from './view.ts';
import type { DeploymentObject, ReleaseObject, SetObject, World } from './world.ts';

/** The world after the write, or undefined when it was refused. */
export type Written = World | undefined;

/** `view` is what the operator saw when it decided: names, versions and resourceVersions come from it. */
export function write(world: World, effect: Effect, view: View): Written {
  const changed = writeEffect(world, effect, view);
  if (changed === world) return world;
  return changed && { ...changed, resourceVersion: world.resourceVersion + 1 };
}

function writeEffect(world: World, effect: Effect, view: View): Written {
  switch (effect.kind) {
    case 'addFinalizer':
      return changeRelease(world, (release) => ({ ...release, hasFinalizer: true }));
    case 'removeFinalizer':
      return world.release?.isDeleted ? collectGarbage(world) : undefined;
    case 'claimReplicas':
      return isSameRelease(world, view) && world.release?.replicas === undefined
        ? changeRelease(world, (release) => ({
            ...release,
            replicas: effect.replicas,
            generation: release.generation + 1,
          }))
        : undefined;
    case 'createSet':
      return createSet(world, effect, view);
    case 'scaleSet':
      return changeSet(world, effect.set, (set) =>
        set.desired === effect.from && set.generation === effect.generation
          ? { ...set, desired: effect.to, generation: set.generation + 1, ...marked(effect.mark) }
          : undefined,
      );
    case 'markSet':
      return changeSet(world, effect.set, (set) => ({ ...set, ...marked(effect.mark) }));
    case 'deleteSet':
      return deleteSet(world, effect.set);
    case 'pointService':
      return pointService(world, effect, view);
    case 'setWeight':
      return setWeight(world, effect.weight, view);
    case 'pauseDeployment':
      return changeDeployment(world, { paused: true, pausedByUs: true });
    case 'unpauseDeployment':
      return changeDeployment(world, { paused: false, pausedByUs: false });
    case 'scaleDeployment':
      return world.deployment?.replicasOwners.length === 0
        ? changeDeployment(world, { replicas: effect.replicas })
        : undefined;
    case 'takeSet':
      return changeSet(world, effect.set, (set) => ({
        ...set,
        owner: 'release',
        outcome: effect.outcome,
      }));
    case 'giveBackSet':
      return changeSet(world, effect.set, (set) => ({ ...set, owner: 'deployment' }));
    case 'releaseRoute':
      return world.route && !world.route.isReleased
        ? { ...world, route: { ...world.route, isReleased: true } }
        : world;
    case 'explainHandBack':
      return world;
    case 'finishAction':
      return {
        ...world,
        actions: world.actions.map((action) =>
          action.name === effect.action ? { ...action, result: effect.phase } : action,
        ),
      };
    default:
      return assertNever(effect);
  }
}

/** Fails when the AppRelease moved since it was read. */
export function writeStatus(world: World, status: AppReleaseStatus, view: View): Written {
  if (!isSameRelease(world, view)) return undefined;
  const changed = changeRelease(world, (release) => ({ ...release, status }));
  return changed && { ...changed, resourceVersion: world.resourceVersion + 1 };
}

function isSameRelease(world: World, view: View): boolean {
  const seen = view.release.release;
  return seen !== undefined && seen.resourceVersion === world.release?.resourceVersion;
}

function changeRelease(world: World, change: (release: ReleaseObject) => ReleaseObject): Written {
  if (!world.release) return undefined;
  return {
    ...world,
    release: { ...change(world.release), resourceVersion: world.resourceVersion + 1 },
  };
}

function changeDeployment(world: World, over: Partial<DeploymentObject>): Written {
  const { deployment } = world;
  if (!deployment) return undefined;
  const generation = deployment.generation + 1;
  return {
    ...world,
    deployment: { ...deployment, ...over, generation, resourceVersion: world.resourceVersion + 1 },
  };
}

function changeSet(
  world: World,
  ref: SetRef,
  change: (set: SetObject) => SetObject | undefined,
): Written {
  const before = world.sets.find((set) => set.name === ref.name && set.uid === ref.uid);
  const after = before && change(before);
  return after && { ...world, sets: world.sets.map((set) => (set === before ? after : set)) };
}

function marked(mark: OutcomeMark | undefined): Partial<SetObject> {
  return mark ? { outcome: mark.outcome, reason: mark.reason } : {};
}

function createSet(
  world: World,
  effect: Extract<Effect, { kind: 'createSet' }>,
  view: View,
): Written {
  const name = `shop-r${effect.revision}-${effect.hash}`;
  if (world.sets.some((set) => set.name === name)) return undefined;
  const set: SetObject = {
    name,
    uid: `${name}-${world.resourceVersion}`,
    owner: 'release',
    version: wantedIn(view),
    hash: effect.hash,
    revision: effect.revision,
    desired: effect.replicas,
    generation: 1,
    outcome: effect.outcome,
    isQuotaHit: false,
  };
  return { ...world, sets: [...world.sets, set] };
}

function deleteSet(world: World, ref: SetRef): Written {
  const found = world.sets.find((set) => set.name === ref.name && set.uid === ref.uid);
  return (
    found && {
      ...world,
      sets: world.sets.filter((set) => set !== found),
      pods: world.pods.filter((pod) => pod.setUid !== found.uid),
    }
  );
}

/* A Service that the cache does not show is applied without a resourceVersion: made, or overwritten. */
function pointService(
  world: World,
  effect: Extract<Effect, { kind: 'pointService' }>,
  view: View,
): Written {
  const { hash, role } = effect;
  const seen = view.services[role];
  const live = world[role];
  if (seen && seen.resourceVersion !== live?.resourceVersion) return undefined;
  const resourceVersion = world.resourceVersion + 1;
  return {
    ...world,
    [role]: { resourceVersion, hash, isCurrent: true, readyPods: live?.readyPods ?? [] },
  };
}

/* A falling weight is read anew and written again on conflict; a rising one is not. */
function setWeight(world: World, weight: number, view: View): Written {
  const seen = view.route.route;
  const live = world.route;
  const isRetreat = seen?.weight !== undefined && weight < seen.weight;
  if (seen && !live) return undefined;
  if (seen && !isRetreat && seen.resourceVersion !== live?.resourceVersion) return undefined;
  const resourceVersion = world.resourceVersion + 1;
  if (!live) {
    return {
      ...world,
      route: {
        resourceVersion,
        generation: 1,
        seenGeneration: 0,
        weight,
        isCurrent: true,
        gateway: 'talks',
        isReleased: false,
      },
    };
  }
  const isChange = live.weight !== weight || !live.isCurrent;
  const generation = live.generation + (isChange ? 1 : 0);
  return { ...world, route: { ...live, resourceVersion, generation, weight, isCurrent: true } };
}

/** The AppRelease goes, and with it all that it owns; a released route stays. */
function collectGarbage(world: World): World {
  const owned = new Set(world.sets.filter((set) => set.owner === 'release').map((set) => set.uid));
  return {
    ...world,
    release: undefined,
    stable: undefined,
    canary: undefined,
    route: world.route?.isReleased ? world.route : undefined,
    sets: world.sets.filter((set) => !owned.has(set.uid)),
    pods: world.pods.filter((pod) => !owned.has(pod.setUid)),
  };
}
