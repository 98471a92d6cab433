// Bookkeeping: cumulative counters of pods that come, go, restart and fall silent become the
// differences of both arms over the same stretch of time. No statistics here.
//
//   reading of a pod        what it adds
//   first, older pod        nothing; it sets the baseline
//   first, released since   everything it counted
//   later                   growth; after a reset (any counter shrank) all it counted since
//   failed                  both arms wait, for at most maxCarriedPolls; then the pod is left out
//   after being left out    nothing; it sets a new baseline
//
// Why both arms wait: an error storm that one arm reported and the other could not would look like
// a difference between them. Why a pod left out starts afresh: what it counted meanwhile belongs to
// a time in which the other arm was judged already.
import type { PodGrowth } from './dispersion.ts';
import { pairsGrown, pairsShrank, sumPairs } from './pair-counters.ts';
import { latencyGrowth, latencyIsValid, latencyShrank, sumLatency } from './latency-counters.ts';
import type { AnalysisParams } from './params.ts';
import type {
  Arm,
  ArmDelta,
  Counters,
  LatencyCounters,
  PodSample,
  Poll,
  PollOutcome,
} from './sample.ts';

/** What is remembered of a pod. */
export type PodMemory =
  | { readonly kind: 'read'; readonly counters: Counters; readonly probes: number }
  | { readonly kind: 'leftOut'; readonly absentPolls: number };

/** Plain JSON; bounded by maxPods. */
export type CounterState = {
  readonly pods: Readonly<Record<string, PodMemory>>;
  /** Polls in a row whose readings wait to be counted. */
  readonly carriedPolls: number;
  /** Polls in a row that gave no difference. */
  readonly emptyPolls: number;
  /** Weight since the last counted poll; `mixed` once a wait has seen two. */
  readonly canaryWeightPercent: number | 'mixed';
};

/** The bookkeeping that counting needs to be told. */
export type CountParams = Pick<AnalysisParams, 'maxCarriedPolls' | 'maxPods'>;

export type Counted = {
  readonly state: CounterState;
  readonly outcome: PollOutcome;
  /** What each pod added in this poll. */
  readonly growths: readonly PodGrowth[];
};

type CountedSample = Extract<PodSample, { kind: 'counted' }>;

/** A pod missing from a poll may be a stale list; forgetting it at once would count it twice. */
const ABSENT_POLLS_KEPT = 30;

export function initialCounters(): CounterState {
  return { pods: {}, carriedPolls: 0, emptyPolls: 0, canaryWeightPercent: 0 };
}

/** Takes in one poll. Never throws; a counter that makes no sense is a failed scrape. */
export function countPoll(state: CounterState, poll: Poll, params: CountParams): Counted {
  const samples = chosenSamples(state, poll.samples.map(checkedSample), params.maxPods);
  const blocked = samples.some(
    (sample) => sample.kind === 'failed' && state.pods[sample.podUid]?.kind !== 'leftOut',
  );
  if (blocked && state.carriedPolls < params.maxCarriedPolls) return carry(state, poll, samples);
  // A wait across a change of weight mixes times in which the arms had different shares.
  const mixed = state.carriedPolls > 0 && state.canaryWeightPercent !== poll.canaryWeightPercent;
  const canary = countArm(state, samples, 'canary');
  const stable = countArm(state, samples, 'stable');
  const pods = remembered(state, samples);
  const outcome = mixed ? carriedOutcome(state) : outcomeOf(state, poll, { canary, stable });
  const emptyPolls = outcome.kind === 'delta' ? 0 : state.emptyPolls + 1;
  const { canaryWeightPercent } = poll;
  return {
    state: { pods, carriedPolls: 0, emptyPolls, canaryWeightPercent },
    outcome,
    growths: [...canary.growths, ...stable.growths],
  };
}

/** Keeps every baseline, so that the next poll's differences reach back over this one. */
function carry(state: CounterState, poll: Poll, samples: readonly PodSample[]): Counted {
  const pods: Record<string, PodMemory> = { ...state.pods };
  for (const sample of samples) {
    const memory = pods[sample.podUid];
    if (sample.kind !== 'counted' || memory?.kind !== 'read') continue;
    pods[sample.podUid] = { ...memory, probes: memory.probes + (sample.expectedProbes ?? 0) };
  }
  const same = state.canaryWeightPercent === poll.canaryWeightPercent;
  return {
    state: {
      pods,
      carriedPolls: state.carriedPolls + 1,
      emptyPolls: state.emptyPolls + 1,
      canaryWeightPercent: same ? poll.canaryWeightPercent : 'mixed',
    },
    outcome: carriedOutcome(state),
    growths: [],
  };
}

function carriedOutcome(state: CounterState): PollOutcome {
  return { kind: 'carried', polls: state.emptyPolls + 1 };
}

type ArmCount = {
  readonly delta: ArmDelta;
  readonly growths: readonly PodGrowth[];
  readonly listed: number;
  readonly counted: number;
  readonly uncounted: number;
};

function outcomeOf(
  state: CounterState,
  poll: Poll,
  arms: Readonly<Record<Arm, ArmCount>>,
): PollOutcome {
  const polls = state.emptyPolls + 1;
  for (const arm of ['canary', 'stable'] as const) {
    const { listed, counted, uncounted } = arms[arm];
    if (listed > 0 && counted > 0) continue;
    const failure = uncounted > 0 ? 'MetricsNotRecognized' : 'ScrapeFailed';
    const reason = listed === 0 ? 'NoPods' : failure;
    return { kind: 'noData', reason, arm, polls, ...meanwhile(arm, arms.stable) };
  }
  const { canary, stable } = arms;
  if (canary.delta.pods.read === 0 || stable.delta.pods.read === 0) return carriedOutcome(state);
  return {
    kind: 'delta',
    canaryWeightPercent: poll.canaryWeightPercent,
    canary: canary.delta,
    stable: stable.delta,
  };
}

function meanwhile(arm: Arm, { delta }: ArmCount): { readonly stable?: Counters } {
  const { errors, pods, requests } = delta;
  return arm === 'canary' && pods.read > 0 ? { stable: { requests, errors } } : {};
}

function countArm(state: CounterState, samples: readonly PodSample[], arm: Arm): ArmCount {
  const own = samples.filter((sample) => sample.arm === arm);
  const counted = own.filter((sample) => sample.kind === 'counted');
  const growths = counted.flatMap((sample): PodGrowth[] => {
    const { podUid } = sample;
    const growth = growthOf(sample, state.pods[podUid]);
    return growth === undefined ? [] : [{ podUid, arm, ...growth }];
  });
  const latency = sumLatency(growths.flatMap((growth) => growth.latency ?? []));
  const pairs = sumPairs(growths.flatMap(({ pairs: own }) => (own ? [own] : [])));
  return {
    delta: {
      requests: growths.reduce((sum, growth) => sum + growth.requests, 0),
      errors: growths.reduce((sum, growth) => sum + growth.errors, 0),
      ...(latency === undefined ? {} : { latency }),
      ...(pairs === undefined ? {} : { pairs }),
      pods: { listed: own.length, read: growths.length },
    },
    growths,
    listed: own.length,
    counted: counted.length,
    uncounted: own.filter((sample) => sample.kind === 'uncounted').length,
  };
}

/** What a pod adds since its baseline; undefined where this reading only sets the baseline. */
function growthOf(sample: CountedSample, memory: PodMemory | undefined): Counters | undefined {
  const { counters, expectedProbes = 0 } = sample;
  switch (memory?.kind) {
    case 'leftOut':
      return undefined;
    case 'read': {
      const growth = warm(sample, grown(sample, memory.counters));
      return withoutProbes(growth, memory.probes + expectedProbes);
    }
    case undefined:
      if (!sample.startedAfterRelease) return undefined;
      return withoutProbes(warm(sample, counters), expectedProbes);
  }
}

/** A pod that is warming up is judged by its errors, not by its latency. */
function warm(sample: CountedSample, growth: Counters): Counters {
  if (sample.temperature !== 'warmingUp') return growth;
  const { latency: _slowAtFirst, ...rest } = growth;
  return rest;
}

function grown(sample: CountedSample, before: Counters): Counters {
  const now = sample.counters;
  if (hasRestarted(before, now)) return now;
  const latency = latencyGrown(sample, before);
  const pairs = now.pairs && pairsGrown(now.pairs, before.pairs);
  return {
    requests: now.requests - before.requests,
    errors: now.errors - before.errors,
    ...(latency === undefined ? {} : { latency }),
    ...(pairs === undefined ? {} : { pairs }),
  };
}

/**
 * A histogram that was not there before holds growth only, unless the pod is older than we know.
 */
function latencyGrown(sample: CountedSample, before: Counters): LatencyCounters | undefined {
  const { latency } = sample.counters;
  if (latency === undefined) return undefined;
  if (before.latency !== undefined) return latencyGrowth(before.latency, latency);
  return sample.startedAfterRelease ? latency : undefined;
}

function hasRestarted(before: Counters, now: Counters): boolean {
  return (
    now.requests < before.requests ||
    now.errors < before.errors ||
    pairsShrank(before.pairs, now.pairs) ||
    latencyShrank(before.latency, now.latency)
  );
}

/** What to compare the next reading with; a histogram missing from this one keeps its old place. */
function baselineOf(sample: CountedSample, memory: PodMemory | undefined): Counters {
  const now = sample.counters;
  if (now.latency !== undefined || memory?.kind !== 'read') return now;
  const { latency } = memory.counters;
  if (latency === undefined || hasRestarted(memory.counters, now)) return now;
  return { ...now, latency };
}

/**
 * Probes succeed, so they are taken off the requests. An error is a request in any case, also where
 * a counter of errors counts what the counter of requests does not: refused connections.
 */
function withoutProbes(growth: Counters, probes: number): Counters {
  return { ...growth, requests: Math.max(growth.errors, growth.requests - probes) };
}

/** Bounded, each pod once; pods known already and canary pods are kept first. */
function chosenSamples(
  state: CounterState,
  samples: readonly PodSample[],
  maxPods: number,
): readonly PodSample[] {
  const byUid = new Map(samples.map((sample) => [sample.podUid, sample]));
  const all = [...byUid.values()];
  if (all.length <= maxPods) return all;
  const rank = (sample: PodSample): number =>
    (sample.arm === 'canary' ? 0 : 2) + (state.pods[sample.podUid] === undefined ? 1 : 0);
  return all.toSorted((a, b) => rank(a) - rank(b)).slice(0, maxPods);
}

function checkedSample(sample: PodSample): PodSample {
  if (sample.kind !== 'counted') return sample;
  const { counters, expectedProbes = 0, podUid, arm } = sample;
  const { latency } = counters;
  const { pairs } = counters;
  const valid =
    [counters.requests, counters.errors, expectedProbes].every(isCount) &&
    (pairs === undefined || Object.values(pairs).every((pair) => isCount(pair.total) && isCount(pair.bad))) &&
    (latency === undefined || latencyIsValid(latency));
  return valid ? sample : { kind: 'failed', podUid, arm };
}

/** Beyond 2^53 a double no longer counts one by one. */
function isCount(value: number): boolean {
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

function remembered(
  state: CounterState,
  samples: readonly PodSample[],
): Readonly<Record<string, PodMemory>> {
  const pods: Record<string, PodMemory> = {};
  for (const sample of samples) {
    if (sample.kind === 'counted') {
      const counters = baselineOf(sample, state.pods[sample.podUid]);
      pods[sample.podUid] = { kind: 'read', counters, probes: 0 };
    } else if (sample.kind === 'failed' || state.pods[sample.podUid] !== undefined) {
      pods[sample.podUid] = { kind: 'leftOut', absentPolls: 0 };
    }
  }
  for (const [podUid, memory] of Object.entries(state.pods)) {
    if (pods[podUid] !== undefined) continue;
    const absentPolls = memory.kind === 'leftOut' ? memory.absentPolls + 1 : 1;
    if (absentPolls <= ABSENT_POLLS_KEPT) pods[podUid] = { kind: 'leftOut', absentPolls };
  }
  return pods;
}
