// What is measured: one poll of the pods' counters, and what bookkeeping makes of it.
// Plain readonly data; reading a pod belongs to metrics, taking differences to counters.ts.

/** The two sides of every comparison. */
export type Arm = 'stable' | 'canary';

/**
 * A classic cumulative histogram; `cumulative[i]` counts requests of at most `boundsSeconds[i]`.
 */
export type LatencyCounters = {
  /** Finite upper bounds, rising. */
  readonly boundsSeconds: readonly number[];
  readonly cumulative: readonly number[];
  /** All observations: the +Inf bucket. */
  readonly count: number;
};

/** A pair of counters that the user named: how many there were, and how many of them were bad. */
export type PairCounters = { readonly total: number; readonly bad: number };

/** Counters of one pod since its process started. */
export type Counters = {
  readonly requests: number;
  readonly errors: number;
  readonly latency?: LatencyCounters;
  /** By the name the user gave the pair. */
  readonly pairs?: Readonly<Record<string, PairCounters>>;
};

/** What one scrape of one pod gave. */
export type PodSample =
  | {
      readonly kind: 'counted';
      readonly podUid: string;
      readonly arm: Arm;
      /** True: everything it ever counted belongs to this release. False: only growth counts. */
      readonly startedAfterRelease: boolean;
      readonly counters: Counters;
      /** Just started: what it is slow at now is no sign of how it will do. Left out: warm. */
      readonly temperature?: 'warm' | 'warmingUp';
      /** Probe requests since the last poll that the counters cannot tell from users' requests. */
      readonly expectedProbes?: number;
    }
  /** The pod answered, but shows none of the counters we read: no request yet, or another name. */
  | { readonly kind: 'uncounted'; readonly podUid: string; readonly arm: Arm }
  /** No usable answer: refused, timed out, too large, malformed. */
  | { readonly kind: 'failed'; readonly podUid: string; readonly arm: Arm };

/**
 * All pods of both arms, read at about the same moment. List each pod that is Ready, or was and
 * still runs; leave out pods that are terminating: their failed scrapes would delay the verdict.
 */
export type Poll = {
  /** Share of requests the canary is observed to get, 0..100. 0 until a weight is observed. */
  readonly canaryWeightPercent: number;
  readonly samples: readonly PodSample[];
  /**
   * What the gateway's proxies counted per backend: one sample for each proxy and arm, `podUid`
   * naming both. They see what no pod can count: refused, reset and timed-out requests.
   */
  readonly gateway?: readonly PodSample[];
  /** Crashes since the last poll; known from the pods' status even when no scrape succeeds. */
  readonly restarts?: IncidentDelta;
  /** Changes from Ready to not Ready since the last poll, of pods that are to stay. */
  readonly readiness?: IncidentDelta;
};

/** What went wrong with the pods of one arm over one poll. */
export type IncidentCounts = {
  readonly pods: number;
  /** Restarts of containers (a server that ends serves nobody, whatever it says), or losses of readiness. */
  readonly incidents: number;
};

export type IncidentDelta = {
  readonly elapsedSeconds: number;
  readonly canary: IncidentCounts;
  readonly stable: IncidentCounts;
};

/** What one arm did between two polls. */
export type ArmDelta = {
  readonly requests: number;
  readonly errors: number;
  readonly latency?: LatencyCounters;
  readonly pairs?: Readonly<Record<string, PairCounters>>;
  readonly pods: { readonly listed: number; readonly read: number };
};

/** Both arms over the same stretch of time. */
export type PollDelta = {
  readonly kind: 'delta';
  readonly canaryWeightPercent: number;
  readonly canary: ArmDelta;
  readonly stable: ArmDelta;
};

export type NoDataReason =
  /** An arm has pods and none of them could be read for longer than allowed. */
  | 'ScrapeFailed'
  /** An arm's pods answer but none shows a counter we read. */
  | 'MetricsNotRecognized'
  /** An arm has no pod at all. */
  | 'NoPods'
  /** Pods answer and count, but nobody asks the canary anything. */
  | 'NoTraffic';

/**
 * What a poll adds: differences, nothing yet (a first reading, or both arms wait for the next poll
 * because a pod could not be read), or no data. `polls`: how many in a row added nothing.
 */
export type PollOutcome =
  | PollDelta
  /** The pods' counters are not read at all; see AnalysisParams.pods. */
  | { readonly kind: 'unread' }
  | { readonly kind: 'carried'; readonly polls: number }
  | {
      readonly kind: 'noData';
      readonly reason: Exclude<NoDataReason, 'NoTraffic'>;
      readonly arm: Arm;
      readonly polls: number;
      /** What stable did meanwhile, where only the canary has no data: nothing to compare with. */
      readonly stable?: Pick<ArmDelta, 'requests' | 'errors'>;
    };
