// How a run may end once all troubles are over: with the wanted version serving everything, with the
// old one doing so, or held for a reason that has a name.
import type { Reason } from '../../operator/src/api/reasons.ts';
import {
  type SetObject,
  type World,
  isWeighted,
  podsOf,
  readyCount,
  servedShare,
  wantedVersion,
} from './world.ts';

/** Only a person ends these. */
const HOLDS: readonly Reason[] = [
  'PauseStep',
  'PausedBySpec',
  'PausedByAction',
  'NoEvidence',
  'SharedCause',
];

/** Why this is no ending, or undefined when it is one. */
export function whyNotEnded(world: World): string | undefined {
  const { release } = world;
  if (!release) return whyNotHandedBack(world);
  const { status } = release;
  const reason = status.conditions?.find(({ type }) => type === 'Ready')?.reason ?? '';
  switch (status.phase) {
    case 'Healthy':
      return whyNotHealthy(world);
    case 'RolledBack':
      return whyNotRolledBack(world);
    case 'Paused':
      return (HOLDS as readonly string[]).includes(reason)
        ? undefined
        : `held because of ${reason}`;
    case 'Degraded':
    case 'Progressing':
      return isWellBehaved(world, serving(world))
        ? `${status.phase} for ever: ${status.message}`
        : undefined;
    default:
      return `${status.phase ?? 'no phase'} for ever: ${status.message ?? ''}`;
  }
}

/* The set whose trouble an unhappy ending may be blamed on: stable, else the first attempt. */
function serving(world: World): SetObject | undefined {
  const status = world.release?.status;
  const name = status?.stable?.replicaSet ?? status?.candidate?.replicaSet;
  return world.sets.find((set) => set.name === name);
}

/** Nothing is wrong with its pods, as far as a kubelet can tell. */
export function isWellBehaved({ versions }: World, set: SetObject | undefined): boolean {
  const kind = versions.find(({ id }) => id === set?.version)?.behaviour;
  if (!kind) return true;
  return (
    ['good', 'bad', 'silent'].includes(kind.kind) ||
    (kind.kind === 'waits' && Number.isFinite(kind.forMs))
  );
}

function whyNotHealthy(world: World): string | undefined {
  const { release } = world;
  const stable = serving(world);
  if (!stable) return 'Healthy without a stable set';
  if (stable.version !== wantedVersion(world)) return `Healthy with version ${stable.version}`;
  if (release?.status.candidate) return 'Healthy with a candidate';
  return whyNotAtRest(world, stable);
}

function whyNotRolledBack(world: World): string | undefined {
  const stable = serving(world);
  if (!stable) return 'RolledBack without a stable set';
  if (stable.version === wantedVersion(world)) return 'RolledBack to the wanted version';
  const candidate = world.sets.find(
    (set) => set.name === world.release?.status.candidate?.replicaSet,
  );
  if (candidate && candidate.outcome !== 'failed' && candidate.outcome !== 'undone') {
    return `RolledBack from a revision that is ${candidate.outcome}`;
  }
  return whyNotAtRest(world, stable);
}

function whyNotAtRest(world: World, stable: SetObject): string | undefined {
  const replicas = world.release?.replicas ?? 0;
  const status = world.release?.status;
  if (stable.desired !== replicas) return `stable has ${stable.desired} of ${replicas} replicas`;
  if (stable.outcome !== 'stable') return `the stable set is marked ${stable.outcome}`;
  if (isWellBehaved(world, stable) && readyCount(world, stable) !== replicas)
    return 'stable is not ready';
  const other = world.sets.find(
    (set) =>
      set !== stable &&
      set.owner === 'release' &&
      (set.desired > 0 || podsOf(world, set).length > 0),
  );
  if (other && isWellBehaved(world, stable)) return `${other.name} still has pods`;
  if (!isWellBehaved(world, stable)) return undefined;
  if (status?.weight?.observed !== 0 || status.weight.desired !== 0)
    return 'status gives the candidate a weight';
  if (!isWeighted(world)) return undefined;
  if (world.stable?.hash !== stable.hash || world.canary === undefined)
    return 'the Services do not name stable';
  if (!world.stable.isCurrent || !world.route?.isCurrent)
    return 'the Services or the route are not as they should be';
  return world.route.weight === 0
    ? undefined
    : `the route gives the candidate ${world.route.weight}`;
}

function whyNotHandedBack(world: World): string | undefined {
  const { deployment } = world;
  if (!deployment)
    return world.pods.length === 0 ? undefined : 'pods outlived a release without a workload';
  const own = world.sets.filter((set) => set.owner === 'deployment' && set.desired > 0);
  if (own.length > 1) return 'the Deployment has two running sets';
  return deployment.replicas === 0 ||
    servedShare(world) > 0.999 ||
    own.some((set) => !isWellBehaved(world, set))
    ? undefined
    : 'nobody serves after the hand-back';
}
