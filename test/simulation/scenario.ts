// The beginning of a run, drawn from its seed: what runs, how it is to be released, and how the
// versions behave that will be asked for.
import type { SeededRandom } from '../../operator/src/lib/seeded-random.ts';
import type { AppReleaseSpec } from '../../operator/src/api/app-release.ts';
import { parseSpec } from '../../operator/src/api/parse.ts';
import { type Instant, instant } from '../../operator/src/lib/instant.ts';
import { between, pick } from './actors/delay.ts';
import type {
  Behaviour,
  DeploymentObject,
  PodObject,
  RouteObject,
  SetObject,
  Version,
  World,
} from './world.ts';

export interface Scenario {
  readonly world: World;
  /** Somebody promotes whenever a pause waits for it, once the troubles are over. */
  readonly isAttended: boolean;
  /** How many things happen before the troubles end. */
  readonly length: number;
  /** Pods, objects and status may be lost, and the operator may crash, lag and be doubled. */
  readonly isRough: boolean;
}

const START: Instant = instant(Date.UTC(2026, 0, 1));

const BEHAVIOURS: readonly Behaviour[] = [
  { kind: 'good' },
  { kind: 'good' },
  { kind: 'good' },
  { kind: 'good' },
  { kind: 'bad' },
  { kind: 'silent' },
  { kind: 'imageMissing' },
  { kind: 'crashes' },
  { kind: 'neverReady' },
  { kind: 'flaps' },
  { kind: 'losesReadiness', afterMs: 8000 },
  { kind: 'waits', reason: 'ConfigError', forMs: 4000 },
  { kind: 'waits', reason: 'ImageUnavailable', forMs: 6000 },
  { kind: 'waits', reason: 'Unschedulable', forMs: Number.POSITIVE_INFINITY },
];

export function drawScenario(random: SeededRandom): Scenario {
  const isRough = random.uniform() < 0.7;
  const good: Behaviour = { kind: 'good' };
  const versions = [0, 1, 2, 3, 4].map((id): Version => ({
    id,
    behaviour: id === 0 && random.uniform() < 0.95 ? good : pick(random, BEHAVIOURS),
  }));
  const hasDeployment = random.uniform() < 0.4;
  const replicas = pick(random, [0, 1, 1, 2, 3, 5, 10]);
  const spec = drawSpec(random, hasDeployment);
  const world: World = {
    now: START,
    resourceVersion: 1,
    versions,
    release: {
      resourceVersion: 1,
      generation: 1,
      spec,
      version: 0,
      status: {},
      hasFinalizer: false,
      isDeleted: false,
      replicas: random.uniform() < 0.2 ? undefined : replicas,
    },
    deployment: undefined,
    sets: [],
    pods: [],
    stable: undefined,
    canary: undefined,
    route: spec.traffic?.gateway?.routeRef ? gitsRoute(random) : undefined,
    actions: [],
    faults: { metrics: 'fine' },
    served: {},
  };
  return {
    world: hasDeployment
      ? withDeployment(world, {
          replicas: Math.max(1, replicas),
          isRunning: random.uniform() < 0.7,
        })
      : world,
    isAttended: random.uniform() < 0.6,
    length: between(random, 10, 90),
    isRough,
  };
}

function drawSpec(random: SeededRandom, hasDeployment: boolean): AppReleaseSpec {
  const maxSurge = pick(random, [1, 2, '25%', '50%', '100%', 0]);
  const maxUnavailable = maxSurge === 0 ? pick(random, [1, '25%']) : pick(random, [0, 0, 1, '25%']);
  const gateway = pick(random, [
    undefined,
    undefined,
    { route: { rules: [] } },
    { route: { rules: [] } },
    { routeRef: { name: 'git', rule: 'main' } },
  ]);
  return specOf({
    ...(hasDeployment ? { workloadRef: { name: 'dep' } } : { template: {} }),
    minReadySeconds: pick(random, [0, 0, 2]),
    progressDeadlineSeconds: pick(random, [20, 60]),
    startGraceSeconds: pick(random, [5, 10]),
    revisionHistoryLimit: 2,
    strategy: { canary: { maxSurge, maxUnavailable, steps: drawSteps(random) } },
    ...(gateway
      ? { traffic: { service: 'shop', gateway, settleSeconds: pick(random, [0, 3]) } }
      : {}),
    ...(random.uniform() < 0.5 ? { checks: { scrape: {}, errorRate: {} } } : {}),
  });
}

export function specOf(raw: unknown): AppReleaseSpec {
  const parsed = parseSpec(raw);
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.violations));
  return parsed.value;
}

function drawSteps(random: SeededRandom): object[] {
  const weights = Array.from({ length: between(random, 0, 4) }, () =>
    between(random, 0, 100),
  ).toSorted((a, b) => a - b);
  return weights.flatMap((weight) => [
    { weight },
    ...pick(random, [
      [],
      [],
      [],
      [{ pause: {} }],
      [{ pause: { seconds: 10 } }],
      [{ verify: { seconds: 5, requests: 20, deadlineSeconds: 30, onDeadline: 'rollback' } }],
      [{ verify: { seconds: 5, requests: 20, deadlineSeconds: 30, onDeadline: 'promote' } }],
      [{ verify: { seconds: 10, requests: 50, deadlineSeconds: 40 } }],
    ]),
  ]);
}

function gitsRoute(random: SeededRandom): RouteObject {
  return {
    resourceVersion: 1,
    generation: 1,
    seenGeneration: 1,
    weight: 0,
    isCurrent: true,
    gateway: pick(random, ['talks', 'silent']),
    isReleased: false,
  };
}

/** A live Deployment with an old empty set, or a new one that asks for no pods. */
export function withDeployment(
  world: World,
  { replicas, isRunning }: { readonly replicas: number; readonly isRunning: boolean },
): World {
  const deployment: DeploymentObject = {
    resourceVersion: 1,
    generation: 1,
    observedGeneration: 1,
    version: 0,
    replicas: isRunning ? replicas : 0,
    paused: false,
    pausedByUs: false,
    replicasOwners: [],
  };
  if (!isRunning) return { ...world, deployment };
  const sets = [ownSet(1, 4, 0), ownSet(2, 0, replicas)];
  const pods = Array.from({ length: replicas }, (_, index): PodObject => ({
    name: `dep-d0-${index}`,
    setUid: 'dep-d0-uid',
    version: 0,
    hash: 'd0',
    createdAt: instant(START - 3_600_000),
    isReady: true,
    readyChangedAt: instant(START - 3_600_000),
    isTerminating: false,
    restarts: 0,
    readinessLosses: 0,
    chapter: 1,
  }));
  return { ...world, deployment, sets, pods };
}

function ownSet(revision: number, version: number, desired: number): SetObject {
  return {
    name: `dep-d${version}`,
    uid: `dep-d${version}-uid`,
    owner: 'deployment',
    version,
    hash: `d${version}`,
    revision,
    desired,
    generation: 1,
    outcome: 'superseded',
    isQuotaHit: false,
  };
}
