// What an operator's caches show: each kind of object at a moment of its own, put together to the
// Snapshot that the core decides on.
import { after, type Instant } from '../../operator/src/lib/instant.ts';
import type {
  EvidenceView,
  PodView,
  ServiceView,
  SetView,
  Snapshot,
  TrafficView,
  WantedView,
  WorkloadView,
} from '../../operator/src/rollout/snapshot.ts';
import type { ReleaseState } from '../../operator/src/rollout/state.ts';
import {
  type PodObject,
  type ServiceObject,
  type SetObject,
  type World,
  podsOf,
  wantedVersion,
} from './world.ts';

export const KINDS = [
  'release',
  'deployment',
  'sets',
  'pods',
  'services',
  'endpoints',
  'route',
  'actions',
] as const;
export type Kind = (typeof KINDS)[number];

/** The world as the cache of each kind shows it. */
export type View = Readonly<Record<Kind, World>>;

export function viewAt(world: World): View {
  return {
    release: world,
    deployment: world,
    sets: world,
    pods: world,
    services: world,
    endpoints: world,
    route: world,
    actions: world,
  };
}

export interface Looking {
  readonly now: Instant;
  readonly state: ReleaseState;
  /** When this process first saw the wanted version. */
  readonly firstSeenAt: Instant;
}

/** Versions with this remainder by three read a ConfigMap, so that their first sight is waited out. */
const READS_CONFIG = 2;
const CONFIG_SETTLE_MS = 2000;

export function wantedIn(view: View): number {
  return wantedVersion({ ...view.release, deployment: view.deployment.deployment });
}

/** Undefined when the AppRelease is gone. */
export function snapshotOf(view: View, looking: Looking): Snapshot | undefined {
  const { release } = view.release;
  if (!release) return undefined;
  const owned = view.sets.sets.filter((set) => set.owner === 'release');
  return {
    release: {
      name: 'shop',
      generation: release.generation,
      spec: { kind: 'valid', value: release.spec },
      replicas: release.replicas,
      isDeleted: release.isDeleted,
      hasFinalizer: release.hasFinalizer,
    },
    state: looking.state,
    workload: workloadOf(view),
    wanted: wantedOf(view, owned, looking),
    sets: owned.map((set) => setView(view, set)).toSorted((a, b) => a.revision - b.revision),
    traffic: trafficOf(view),
    evidence: evidenceOf(view, looking.state),
    queries: [],
    actions: view.actions.actions.filter((action) => action.result === undefined),
  };
}

function wantedOf(view: View, owned: readonly SetObject[], { firstSeenAt }: Looking): WantedView {
  const version = wantedIn(view);
  const best = owned
    .filter((set) => set.version === version)
    .toSorted((a, b) => b.desired - a.desired || b.revision - a.revision)[0];
  const waits = version % 3 === READS_CONFIG && !best;
  return {
    hash: `v${version}`,
    images: [`shop:${version}`],
    ...(best ? { setName: best.name } : {}),
    settledAt: waits ? after(firstSeenAt, CONFIG_SETTLE_MS) : firstSeenAt,
  };
}

function workloadOf(view: View): WorkloadView {
  const { deployment } = view.deployment;
  if (!deployment) return { kind: 'template' };
  const own = view.sets.sets.filter((set) => set.owner === 'deployment');
  const pods = own.map((set) => ({ set, count: podsOf(view.pods, set).length }));
  const updated = pods
    .filter(({ set }) => set.version === deployment.version)
    .reduce((sum, { count }) => sum + count, 0);
  const total = pods.reduce((sum, { count }) => sum + count, 0);
  const isBehind = deployment.observedGeneration < deployment.generation;
  return {
    kind: 'deployment',
    name: 'dep',
    generation: deployment.generation,
    observedGeneration: deployment.observedGeneration,
    replicas: deployment.replicas,
    paused: deployment.paused,
    pausedByUs: deployment.pausedByUs,
    replicasOwners: deployment.replicasOwners,
    isMidRollout: isBehind || updated !== deployment.replicas || total !== deployment.replicas,
    ownSets: own.map((set) => ({
      name: set.name,
      uid: set.uid,
      replicas: set.desired,
      isCurrent: set.version === deployment.version,
    })),
  };
}

function setView(view: View, set: SetObject): SetView {
  return {
    name: set.name,
    uid: set.uid,
    generation: set.generation,
    revision: set.revision,
    hash: set.hash,
    desired: set.desired,
    outcome: set.outcome,
    ...(set.reason === undefined ? {} : { reason: set.reason }),
    images: [`shop:${set.version}`],
    pods: podsOf(view.pods, set).map(podView),
    ...(set.isQuotaHit ? { creationFailure: 'exceeded quota' } : {}),
    isConfigLive: false,
  };
}

function podView(pod: PodObject): PodView {
  return {
    name: pod.name,
    isReady: pod.isReady,
    readyChangedAt: pod.readyChangedAt,
    isTerminating: pod.isTerminating,
    createdAt: pod.createdAt,
    restarts: pod.restarts,
    readinessLosses: pod.readinessLosses,
    ...(pod.trouble ? { trouble: pod.trouble } : {}),
  };
}

function trafficOf(view: View): TrafficView {
  if (view.release.release?.spec.traffic?.gateway === undefined) return { kind: 'podShare' };
  const { route } = view.route;
  return {
    kind: 'weighted',
    stable: serviceOf(view.services.stable, view.endpoints.stable),
    canary: serviceOf(view.services.canary, view.endpoints.canary),
    route: route
      ? {
          exists: true,
          isCurrent: route.isCurrent,
          ...(route.weight === undefined ? {} : { weight: route.weight }),
          acceptance: acceptanceOf(route),
        }
      : { exists: false, isCurrent: false, acceptance: { kind: 'pending' } },
    isBypassed: false,
  };
}

function acceptanceOf(route: NonNullable<World['route']>) {
  if (route.gateway === 'silent') return { kind: 'silent' } as const;
  return { kind: route.seenGeneration >= route.generation ? 'accepted' : 'pending' } as const;
}

function serviceOf(
  service: ServiceObject | undefined,
  endpoints: ServiceObject | undefined,
): ServiceView {
  if (!service) return { exists: false, isCurrent: false, readyPods: [] };
  return {
    exists: true,
    isCurrent: service.isCurrent,
    hash: service.hash,
    readyPods: endpoints?.readyPods ?? [],
  };
}

/** Errors of the candidate after which the checks speak against it. */
const ERRORS_ENOUGH = 20;

function evidenceOf(view: View, state: ReleaseState): EvidenceView {
  const world = view.pods;
  if (view.release.release?.spec.checks?.scrape === undefined) return { kind: 'none' };
  const versionOf = (name: string | undefined) =>
    view.sets.sets.find((set) => set.name === name)?.version;
  const count = (version: number | undefined) =>
    world.served[version ?? -1] ?? { requests: 0, errors: 0 };
  const [canary, stable] = [
    count(versionOf(state.candidate?.setName)),
    count(versionOf(state.stable?.setName)),
  ];
  const candidate = world.versions.find(({ id }) => id === versionOf(state.candidate?.setName));
  const isSilent = candidate?.behaviour.kind === 'silent' && (world.route?.weight ?? 0) > 0;
  const told = {
    kind: 'judged',
    basis: 'requests',
    stableHealth: world.faults.metrics === 'sharedOutage' ? 'failing' : 'calm',
    dispersion: { kind: 'strict' },
    signals: [],
    sentence: 'so it is',
    evidence: 1,
    threshold: 100,
    canary,
    stable,
  } as const;
  if (world.faults.metrics === 'none')
    return { ...told, verdict: 'noData', reason: 'ScrapeFailed' };
  if (world.faults.metrics === 'sharedOutage')
    return { ...told, verdict: 'hold', reason: 'SharedOutage' };
  if (isSilent && state.weight.observed > 0)
    return { ...told, verdict: 'rollback', reason: 'CandidateSilent' };
  if (canary.errors >= ERRORS_ENOUGH)
    return { ...told, verdict: 'rollback', reason: 'EvidenceOfHarm' };
  return { ...told, verdict: 'continue' };
}
