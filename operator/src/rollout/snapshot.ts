// Everything a decision may look at: one readonly picture of an AppRelease and its surroundings.
// Who fills it in is not known here.
import type { QueryResults } from '../analysis/queries.ts';
import type { AppReleaseSpec } from '../api/app-release.ts';
import type { ActionName } from '../api/release-action.ts';
import type { Reason } from '../api/reasons.ts';
import type { Violation } from '../api/parse.ts';
import type { Instant } from '../lib/instant.ts';
import type { ReleaseState } from './state.ts';

export interface Snapshot {
  readonly release: ReleaseView;
  readonly state: ReleaseState;
  readonly workload: WorkloadView;
  /** What the author wants now; absent when the workload is missing. */
  readonly wanted?: WantedView;
  /** ReplicaSets this AppRelease owns, oldest revision first. */
  readonly sets: readonly SetView[];
  readonly traffic: TrafficView;
  readonly evidence: EvidenceView;
  /** What is known of each of the user's own queries; empty where nothing is asked. */
  readonly queries: QueryResults;
  /** Actions that have no result yet, oldest first. */
  readonly actions: readonly ActionView[];
}

export interface ReleaseView {
  readonly name: string;
  readonly generation: number;
  readonly spec:
    | { readonly kind: 'valid'; readonly value: AppReleaseSpec }
    | {
        readonly kind: 'invalid';
        readonly violations: readonly Violation[];
        /** What can be read of it all the same: enough for the way back. */
        readonly partial?: AppReleaseSpec;
      };
  /** `spec.replicas`; undefined until somebody has written it. */
  readonly replicas: number | undefined;
  readonly isDeleted: boolean;
  readonly hasFinalizer: boolean;
  /** An older AppRelease that claims the same workload, Service or route rule. */
  readonly claimedBy?: string;
}

export type WorkloadView =
  | { readonly kind: 'template'; readonly rejection?: string }
  | { readonly kind: 'missing'; readonly name: string }
  | DeploymentView;

export interface DeploymentView {
  readonly kind: 'deployment';
  readonly name: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly replicas: number;
  readonly paused: boolean;
  /** We set `paused` (our field manager owns it). */
  readonly pausedByUs: boolean;
  /** Other field managers that own `spec.replicas`. */
  readonly replicasOwners: readonly string[];
  readonly isMidRollout: boolean;
  /** Name of a HorizontalPodAutoscaler that scales the Deployment itself. */
  readonly autoscaler?: string;
  readonly ownSets: readonly OwnSetView[];
}

/** A ReplicaSet the Deployment still owns. */
export interface OwnSetView {
  readonly name: string;
  readonly uid: string;
  readonly replicas: number;
  /** Its template is the Deployment's present one. */
  readonly isCurrent: boolean;
}

export interface WantedView {
  /** Our hash of the wanted template, for the name of a new set. */
  readonly hash: string;
  readonly images: readonly string[];
  /** The owned set whose template equals the wanted one. */
  readonly setName?: string;
  /** Until then other changes of the same apply are awaited. */
  readonly settledAt: Instant;
}

export type Outcome = 'candidate' | 'stable' | 'failed' | 'undone' | 'superseded';

export interface SetView {
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly revision: number;
  readonly hash: string;
  /** `spec.replicas`. */
  readonly desired: number;
  readonly outcome: Outcome;
  readonly reason?: string;
  readonly images: readonly string[];
  readonly pods: readonly PodView[];
  /** Why the set cannot make pods (its ReplicaFailure condition), if so. */
  readonly creationFailure?: string;
  /** Reads live ConfigMaps because it was adopted. */
  readonly isConfigLive: boolean;
}

export interface PodView {
  readonly name: string;
  readonly isReady: boolean;
  /** Since when it has been Ready, or not. */
  readonly readyChangedAt: Instant;
  readonly isTerminating: boolean;
  readonly createdAt: Instant;
  /** Since the release began, at most ten minutes back. */
  readonly restarts: number;
  /** How often it went from Ready to not Ready in that time, as far as this process saw. */
  readonly readinessLosses: number;
  readonly trouble?: PodTrouble;
  /** What a crashed container of it said last; one line, without secrets. */
  readonly lastWords?: string;
}

/** What keeps a pod from running, in our words. */
export interface PodTrouble {
  readonly reason: Extract<
    Reason,
    | 'ImageUnavailable'
    | 'InvalidImageName'
    | 'ConfigError'
    | 'ContainerCannotRun'
    | 'CrashLoop'
    | 'Unschedulable'
  >;
  /** False: it may pass (a slow registry, a Secret that comes later). */
  readonly isCertain: boolean;
  readonly message: string;
}

export type TrafficView =
  | { readonly kind: 'podShare' }
  | {
      readonly kind: 'blocked';
      readonly reason: Reason;
      readonly message: string;
      /** The router that goes on splitting all the same, where it can still be written to. */
      readonly behind?: WeightedView;
    }
  | WeightedView;

export interface WeightedView {
  readonly kind: 'weighted';
  readonly stable: ServiceView;
  readonly canary: ServiceView;
  readonly route: RouteView;
  /** The application's own Service selects candidate pods and is not ours to change. */
  readonly isBypassed: boolean;
}

export interface ServiceView {
  readonly exists: boolean;
  /** Ports and the rest are as they should be. */
  readonly isCurrent: boolean;
  /** `pod-template-hash` of its selector. */
  readonly hash?: string;
  /** Names of the pods that its EndpointSlices hold as ready. */
  readonly readyPods: readonly string[];
}

export interface RouteView {
  readonly exists: boolean;
  /** All but the weights is as it should be. */
  readonly isCurrent: boolean;
  /** The canary's percent; undefined when it cannot be read. */
  readonly weight?: number;
  /** When it was set, where the route itself says so; otherwise the state has to remember it. */
  readonly weightSetAt?: Instant;
  readonly acceptance:
    | { readonly kind: 'accepted' }
    | { readonly kind: 'pending' }
    /** The gateway reports nothing: settle time only. */
    | { readonly kind: 'silent' }
    | { readonly kind: 'refused'; readonly message: string };
}

/** What the checks say; filled in by whoever collects samples. */
export type EvidenceView =
  /** No metrics source is configured. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'judged';
      /**
       * `requests`: the pods' counters. `gateway`: the gateway's alone. `pods`: no counters are read;
       * crashes and readiness are judged alone.
       */
      readonly basis: 'requests' | 'gateway' | 'pods';
      /** Where the gateway's counters are read: whether it counts. */
      readonly gateway?: { readonly kind: 'counts' } | ({ readonly kind: 'trouble' } & GatewayTrouble);
      /** `promote`: shown to be good enough. */
      readonly verdict: 'rollback' | 'hold' | 'continue' | 'promote' | 'noData';
      readonly reason?:
        | 'EvidenceOfHarm'
        | 'CandidateSilent'
        | 'SharedOutage'
        | 'StableWorse'
        | 'ScrapeFailed'
        | 'MetricsNotRecognized'
        | 'NoPods'
        | 'NoTraffic';
      readonly stableHealth: 'calm' | 'uneasy' | 'failing';
      /** By how much evidence is tempered for errors that cluster; see checks.dispersion. */
      readonly dispersion: DispersionView;
      /** Where a pace chooses the weights: what it allows now. */
      readonly pace?: PaceView;
      readonly sentence: string;
      readonly evidence: number;
      readonly threshold: number;
      /** The signals one by one, in a fixed order. */
      readonly signals: readonly SignalView[];
      readonly canary: { readonly requests: number; readonly errors: number };
      readonly stable: { readonly requests: number; readonly errors: number };
    };

/** See analysis/pace.ts. */
export interface PaceView {
  readonly allowedWeight: number;
  /** Rate, 0..1. */
  readonly excessAtMost: number;
  readonly badResponses: number;
}

/** What is wrong with the gateway's counters; it decides nothing. */
export interface GatewayTrouble {
  readonly reason: 'GatewayNotPerBackend' | 'GatewayUnavailable';
  readonly message: string;
}

/** `strict` assumes nothing; otherwise phi, seen at stable in earlier releases or not. */
export type DispersionView =
  | { readonly kind: 'strict' }
  | { readonly kind: 'assumed' | 'estimated'; readonly phi: number };

/** One signal's part of the evidence. */
export interface SignalView {
  readonly name: string;
  readonly weight: number;
  readonly evidence: number;
}

export interface ActionView {
  readonly name: string;
  readonly uid: string;
  readonly action: ActionName;
  readonly revision: number;
  readonly step?: number;
  readonly by: string;
  readonly reason?: string;
}
