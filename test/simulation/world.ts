// What the simulated cluster holds: plain readonly values. Every change makes a new World, so that a
// cache that lags simply looks at an older one.
import type { AppReleaseSpec } from '../../operator/src/api/app-release.ts';
import type { AppReleaseStatus } from '../../operator/src/api/app-release-status.ts';
import type { Instant } from '../../operator/src/lib/instant.ts';
import type { ActionView, Outcome, PodTrouble } from '../../operator/src/rollout/snapshot.ts';

/** How a version of the application behaves, for all of its pods. */
export type Behaviour =
  | { readonly kind: 'good' }
  /** Answers with errors. */
  | { readonly kind: 'bad' }
  /** Is Ready and answers nothing. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'imageMissing' }
  | { readonly kind: 'crashes' }
  | { readonly kind: 'neverReady' }
  | { readonly kind: 'flaps' }
  /** Was Ready for so long and is not any more. */
  | { readonly kind: 'losesReadiness'; readonly afterMs: number }
  /** Waits for a Secret, a registry, or room; for so long, or for ever. */
  | { readonly kind: 'waits'; readonly reason: PodTrouble['reason']; readonly forMs: number };

export interface Version {
  readonly id: number;
  readonly behaviour: Behaviour;
}

export interface World {
  readonly now: Instant;
  /** Counts every write. */
  readonly resourceVersion: number;
  readonly versions: readonly Version[];
  readonly release: ReleaseObject | undefined;
  readonly deployment: DeploymentObject | undefined;
  readonly sets: readonly SetObject[];
  readonly pods: readonly PodObject[];
  readonly stable: ServiceObject | undefined;
  readonly canary: ServiceObject | undefined;
  readonly route: RouteObject | undefined;
  readonly actions: readonly ActionObject[];
  readonly faults: Faults;
  /** Requests per version since the beginning of time. */
  readonly served: Readonly<Record<number, { readonly requests: number; readonly errors: number }>>;
}

export interface ReleaseObject {
  readonly resourceVersion: number;
  readonly generation: number;
  readonly spec: AppReleaseSpec;
  readonly replicas: number | undefined;
  /** The version of an inline template. */
  readonly version: number;
  readonly status: AppReleaseStatus;
  readonly hasFinalizer: boolean;
  readonly isDeleted: boolean;
}

export interface DeploymentObject {
  readonly resourceVersion: number;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly version: number;
  readonly replicas: number;
  readonly paused: boolean;
  readonly pausedByUs: boolean;
  readonly replicasOwners: readonly string[];
  readonly dueAt?: Instant;
}

export interface SetObject {
  readonly name: string;
  readonly uid: string;
  readonly owner: 'release' | 'deployment';
  readonly version: number;
  readonly hash: string;
  readonly revision: number;
  readonly desired: number;
  /** Counts the changes of `desired`. */
  readonly generation: number;
  readonly outcome: Outcome;
  readonly reason?: string;
  readonly isQuotaHit: boolean;
}

export interface PodObject {
  readonly name: string;
  readonly setUid: string;
  readonly version: number;
  readonly hash: string;
  readonly createdAt: Instant;
  readonly isReady: boolean;
  readonly readyChangedAt: Instant;
  readonly isTerminating: boolean;
  readonly restarts: number;
  readonly readinessLosses: number;
  readonly trouble?: PodTrouble;
  /** When the kubelet has its next news of it, and how many it had. */
  readonly dueAt?: Instant;
  readonly chapter: number;
}

export interface ServiceObject {
  readonly resourceVersion: number;
  readonly hash: string;
  readonly isCurrent: boolean;
  readonly readyPods: readonly string[];
  readonly dueAt?: Instant;
}

export interface RouteObject {
  readonly resourceVersion: number;
  readonly generation: number;
  readonly seenGeneration: number;
  readonly weight: number | undefined;
  readonly isCurrent: boolean;
  readonly gateway: 'talks' | 'silent';
  /** Names the application's own Service again, which selects the pods of every revision. */
  readonly isReleased: boolean;
  readonly dueAt?: Instant;
}

export interface ActionObject extends ActionView {
  readonly result?: 'Applied' | 'Expired' | 'Rejected';
}

export interface Faults {
  /** No more pods than this may exist. */
  readonly quota?: number;
  readonly metrics: 'fine' | 'none' | 'sharedOutage';
}

/** `{ [key]: value }` of an object without that key. */
export function without<T extends object, K extends keyof T>(object: T, key: K): Omit<T, K> {
  const { [key]: _dropped, ...rest } = object;
  return rest;
}

/** Requests per second that users make, whoever answers. */
export const REQUESTS_PER_SECOND = 20;

/** A router splits by weights; also after the AppRelease is gone. */
export const isWeighted = ({ release, route }: World): boolean =>
  route !== undefined || release?.spec.traffic?.gateway !== undefined;

export const wantedVersion = ({ deployment, release }: World): number =>
  deployment?.version ?? release?.version ?? 0;

export function podsOf({ pods }: World, set: { readonly uid: string }): readonly PodObject[] {
  return pods.filter((pod) => pod.setUid === set.uid);
}

export function readyCount(world: World, set: { readonly uid: string } | undefined): number {
  if (!set) return 0;
  return podsOf(world, set).filter((pod) => pod.isReady && !pod.isTerminating).length;
}

/** Share (0..1) of the requests that each hash gets; missing share goes to nobody. */
export function sharesOf(world: World): ReadonlyMap<string, number> {
  const answering = world.pods.filter((pod) => pod.isReady && !pod.isTerminating);
  const shares = new Map<string, number>();
  const add = (hash: string, share: number) => shares.set(hash, (shares.get(hash) ?? 0) + share);
  if (!isWeighted(world) || world.route?.isReleased === true) {
    for (const pod of answering) add(pod.hash, 1 / answering.length);
    return shares;
  }
  const { canary, route, stable } = world;
  if (!route) return shares;
  const weight = (route.weight ?? 0) / 100;
  const parts = [
    [stable, 1 - weight],
    [canary, weight],
  ] as const;
  for (const [service, share] of parts) {
    if (service && share > 0 && answering.some((pod) => pod.hash === service.hash))
      add(service.hash, share);
  }
  return shares;
}

/** Share (0..1) of the requests that somebody answers. */
export function servedShare(world: World): number {
  let sum = 0;
  for (const share of sharesOf(world).values()) sum += share;
  return sum;
}
