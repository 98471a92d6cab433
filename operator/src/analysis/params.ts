// What a release's analysis is told before it begins. Fixed for the whole release: a bound on false
// rollbacks holds only for rules chosen before the data.
import type { RateMethod } from './rate-signal.ts';

/** The null hypothesis of the error test: canary rate <= ratio * stable rate + margin. */
export type ErrorParams = {
  /** How many times stable's error rate is still acceptable; at least 1. */
  readonly ratio: number;
  /** Error rate (0..1) that is acceptable on top of that. */
  readonly margin: number;
  /** How errors are taken to come: it says what the bound on false rollbacks rests on. */
  readonly method: RateMethod;
};

/** The test on latency histograms. */
export type LatencySignalParams = {
  /** phi of slow requests; they come in episodes, so it is seldom 1. */
  readonly dispersion: number;
};

/** The test on crashes of canary pods, or on their losses of readiness. */
export type IncidentSignalParams = {
  /** Incidents per pod and hour that are acceptable; see toleratedPerPodHour in incidents.ts. */
  readonly toleratedPerPodHour: number;
};

/** The test on a pair of counters that the user named; judged as errors are. */
export type PairParams = {
  readonly name: string;
  readonly ratio: number;
  readonly margin: number;
};

/** Promotion by evidence: from ratio * stable + margin on, a canary is not good enough. */
export type PromotionParams = {
  readonly ratio: number;
  readonly margin: number;
  /** beta: largest share (0..1) of such canaries that are promoted all the same. */
  readonly falsePromotionRate: number;
};

/** When an unanswered share of traffic is a failure of the canary. */
export type SilenceParams = {
  /** Requests that stable's counters, scaled by the weight, must predict before silence counts. */
  readonly expectedRequests: number;
  /**
   * `hold` where requests are not spread one by one (share of pods: one keep-alive connection can
   * leave a good canary unasked); `rollback` behind a router that splits by request.
   */
  readonly verdict: 'rollback' | 'hold';
};

/** At a weight in percent: so many failed requests of the canary the judge needs, at its fastest. */
export type ErrorsNeeded = { readonly weight: number; readonly errors: number };

/** How fast a candidate may get traffic; see pace.ts. */
export type PaceParams = {
  /** Bad responses that a bad candidate may cost users. */
  readonly exposure: number;
  /** Polls that go by between a verdict's first sign and traffic being gone. */
  readonly lagPolls: number;
  /** Percent of the traffic that is never exceeded before the promotion. */
  readonly maxWeight: number;
  /** Failed requests that take the canary back, by weight; see errors-needed.ts. */
  readonly errorsNeeded: readonly ErrorsNeeded[];
};

export type AnalysisParams = {
  /** alpha: largest share (0..1) of good releases rolled back by chance, over the whole release. */
  readonly falseRollbackRate: number;
  /**
   * Polls with traffic that the release is expected to take; later faults are found too, slower.
   */
  readonly plannedPolls: number;
  /** Polls that may be carried over when a pod cannot be read, before it is left out. */
  readonly maxCarriedPolls: number;
  /** Polls in a row without a canary request until the verdict is NoTraffic. */
  readonly quietPolls: number;
  /** Pods whose counters are remembered; canary pods first. */
  readonly maxPods: number;
  /** `unread`: the pods' counters are not read; what their statuses tell is judged alone. */
  readonly pods: 'scraped' | 'unread';
  readonly errors: ErrorParams;
  readonly silence: SilenceParams;
  /**
   * Error rate (0..1) of stable above which promotion waits in any case; twice its usual
   * rate makes it wait as well.
   */
  readonly stableErrorCeiling: number;
  /** Left out: latency is not judged. */
  readonly latency?: LatencySignalParams;
  /** Left out: crashes are not judged here. */
  readonly restarts?: IncidentSignalParams;
  /** Left out: losses of readiness are not judged here. */
  readonly readiness?: IncidentSignalParams;
  /** Empty: the user named no counters of his own. */
  readonly pairs: readonly PairParams[];
  /** What the gateway counts of each version; judged as errors are. */
  readonly gateway: 'judged' | 'absent';
  /** Left out: no verdict says `promote`. */
  readonly promotion?: PromotionParams;
  /** Left out: steps say how much traffic the canary gets. */
  readonly pace?: PaceParams;
};

/** Dispersion to assume with fewer than 3 stable pods or less than 10 minutes of history. */
export const UNKNOWN_DISPERSION = 2;

/** The defaults of the product; spread over them what the spec says. */
export const DEFAULT_PARAMS: AnalysisParams = {
  falseRollbackRate: 0.01,
  plannedPolls: 900,
  maxCarriedPolls: 3,
  quietPolls: 15,
  maxPods: 200,
  pods: 'scraped',
  errors: {
    ratio: 1.25,
    margin: 0.001,
    method: { kind: 'counts', dispersion: UNKNOWN_DISPERSION },
  },
  pairs: [],
  gateway: 'absent',
  silence: { expectedRequests: 20, verdict: 'rollback' },
  stableErrorCeiling: 0.05,
};
