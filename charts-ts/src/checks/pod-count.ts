// How many pods a workload has: at rest, and at the most while one version replaces another.
import { podsOf, type IntOrPercent } from '../../../operator/src/api/primitives.ts';
import type { AppReleaseSpecInput } from '../../../operator/src/api/app-release.ts';
import { namespaceOf, ofKind, type Located, type World } from './world.ts';

export interface PodCount {
  /** Fewest pods at rest. */
  readonly least: number;
  /** Most pods at rest. */
  readonly most: number;
  /** Most pods at once, of both versions together. */
  readonly peak: number;
  /** How the peak comes about, for messages: `2 x 6 (stable and canary)`. */
  readonly because: string;
}

const DEFAULT_SURGE = '25%';

/** Undefined where nothing that is rendered says how many pods there are. */
export function podCount(workload: Located, world: World): PodCount | undefined {
  const release = releaseOf(workload, world);
  const scaled = release ?? workload;
  const range = autoscaled(scaled, world) ?? stated(scaled, workload);
  if (range === undefined) return undefined;
  if (release !== undefined) return withRelease(range, release.object['spec'] as AppReleaseSpecInput);
  if (workload.object.kind === 'Deployment') return withSurge(range, surgeOf(workload));
  return { ...range, peak: range.most, because: `${range.most}` };
}

interface Range {
  readonly least: number;
  readonly most: number;
}

interface Sized {
  readonly replicas?: number;
  readonly strategy?: {
    readonly type?: string;
    readonly rollingUpdate?: { readonly maxSurge?: IntOrPercent };
  };
}

interface Scaler {
  readonly minReplicas?: number;
  readonly maxReplicas: number;
  readonly scaleTargetRef: { readonly kind: string; readonly name: string };
}

/** The AppRelease that runs the pods of a Deployment, or holds their template itself. */
function releaseOf(workload: Located, world: World): Located | undefined {
  if (workload.object.kind === 'AppRelease') return workload;
  return ofKind(world, 'AppRelease').find(
    (one) =>
      namespaceOf(one) === namespaceOf(workload) &&
      workload.object.kind === 'Deployment' &&
      (one.object['spec'] as AppReleaseSpecInput).workloadRef?.name === workload.object.metadata.name,
  );
}

function autoscaled(scaled: Located, world: World): Range | undefined {
  const found = ofKind(world, 'HorizontalPodAutoscaler')
    .filter((one) => namespaceOf(one) === namespaceOf(scaled))
    .map(({ object }) => object['spec'] as Scaler)
    .find(
      ({ scaleTargetRef: { kind, name } }) =>
        kind === scaled.object.kind && name === scaled.object.metadata.name,
    );
  return found && { least: found.minReplicas ?? 1, most: found.maxReplicas };
}

/* A release without a number starts with what it finds, which is not known here. */
function stated(scaled: Located, workload: Located): Range | undefined {
  const { replicas } = scaled.object['spec'] as Sized;
  const isRelease = scaled !== workload || scaled.object.kind === 'AppRelease';
  if (replicas === undefined && isRelease) return undefined;
  return { least: replicas ?? 1, most: replicas ?? 1 };
}

/* A weighted router keeps all of stable until the candidate serves everything. */
function withRelease(range: Range, spec: AppReleaseSpecInput): PodCount {
  const { maxSurge = DEFAULT_SURGE } = spec.strategy.canary ?? {};
  if (spec.traffic?.gateway === undefined) return withSurge(range, maxSurge);
  return { ...range, peak: range.most * 2, because: `2 x ${range.most} (stable and canary)` };
}

function withSurge(range: Range, surge: IntOrPercent): PodCount {
  const more = podsOf(surge, range.most, 'up');
  return { ...range, peak: range.most + more, because: `${range.most} + ${more} (surge)` };
}

function surgeOf({ object }: Located): IntOrPercent {
  const { strategy } = object['spec'] as Sized;
  return strategy?.type === 'Recreate' ? 0 : (strategy?.rollingUpdate?.maxSurge ?? DEFAULT_SURGE);
}
