// What the judge says about a release after a poll, with every number behind it.
// Wording belongs to explain.ts, the decision to judge.ts.
import type { IncidentsSeen } from './incidents.ts';
import type { NoDataReason } from './sample.ts';

/** Requests and errors counted since the release began. */
export type ArmCounts = { readonly requests: number; readonly errors: number };

export type BuiltInSignal = 'errors' | 'gateway' | 'latency' | 'restarts' | 'readiness';
/** Pairs of counters that the user named come after the built-in ones. */
export type Signal = BuiltInSignal | `counter:${string}`;

/** Evidence of one signal alone; its weight in the merged evidence is fixed before the release. */
export type SignalEvidence = {
  readonly signal: Signal;
  readonly weight: number;
  readonly evidence: number;
};

/** For display only: the canary's error rate minus stable's, with a 95 % interval. Rates 0..1. */
export type RateDifference = {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
};

/** The share of requests slower than a boundary; the boundary is the one that tells most. Rates 0..1. */
export type Slowness = {
  readonly boundSeconds: number;
  readonly canary: number;
  readonly stable: number;
};

/** The numbers of a verdict: plain, finite, fit for status and the journal. */
export type VerdictNumbers = {
  /** Merged evidence that the canary is worse than allowed; 1 is none. */
  readonly evidence: number;
  /** 1/alpha: at this much evidence a release is rolled back. */
  readonly threshold: number;
  readonly canary: ArmCounts;
  readonly stable: ArmCounts;
  /** What the gateway's proxies counted, where they are read. */
  readonly gateway?: { readonly canary: ArmCounts; readonly stable: ArmCounts };
  /** Absent without histograms of both arms. */
  readonly slowness?: Slowness;
  /** Crashes and losses of readiness since the release began, where they are judged. */
  readonly restarts?: IncidentsSeen;
  readonly readiness?: IncidentsSeen;
  /** Absent until both arms have answered a request. */
  readonly errorRateDifference?: RateDifference;
  readonly signals: readonly SignalEvidence[];
  /** Least evidence over the promotion checks that the canary is not worse; needed: 1/beta. */
  readonly promotion?: { readonly evidence: number; readonly threshold: number };
};

export type RollbackReason = 'EvidenceOfHarm' | 'CandidateSilent';
/**
 * SharedOutage: stable itself is above its error ceiling. StableWorse: so it is, and the canary is
 * shown to do better. CandidateSilent: where silence is weak.
 */
export type HoldReason = 'SharedOutage' | 'StableWorse' | 'CandidateSilent';

/** `calm`: some polls in a row without any sign of trouble. `failing`: above its error ceiling. */
export type StableHealth = 'calm' | 'uneasy' | 'failing';

type Told = {
  readonly numbers: VerdictNumbers;
  readonly sentence: string;
  readonly stableHealth: StableHealth;
};

/** Exactly one of five. Only `promote` says that the canary was shown to be good enough. */
export type Verdict =
  | ({ readonly kind: 'rollback'; readonly reason: RollbackReason } & Told)
  | ({ readonly kind: 'hold'; readonly reason: HoldReason } & Told)
  | ({ readonly kind: 'noData'; readonly reason: NoDataReason } & Told)
  | ({ readonly kind: 'continue' } & Told)
  | ({ readonly kind: 'promote' } & Told);
