// How much more the errors of stable's pods cluster than independent errors would: phi, estimated
// from the time before a release and fixed for it.
//
//   phi = max(1, sum (x_i - n_i p_t)^2 / sum n_i p_t (1 - p_t) (m - 1)/m )
//
// over the m stable pods of each block t; p_t is the error rate of that block, so that an outage
// which all pods share does not raise it. Blocks of two lengths are kept, because bursts show in
// short ones and episodes only in long ones; the larger phi counts.
import { UNKNOWN_DISPERSION } from './params.ts';
import type { Arm, Counters } from './sample.ts';

/** What one pod did between two polls. */
export type PodGrowth = Counters & { readonly podUid: string; readonly arm: Arm };

/** What the estimate takes of it: requests, and how many of them were bad. */
export type PodCounts = {
  readonly podUid: string;
  readonly requests: number;
  readonly errors: number;
};

export type DispersionParams = {
  /** Polls in a short and a long block: about 5 s and 60 s. */
  readonly shortPolls: number;
  readonly longPolls: number;
  /** Long blocks needed before the estimate is used: about 10 minutes of history. */
  readonly leastLongBlocks: number;
};

/** Kept in memory only: it belongs to the time before a release. Bounded by the pods of a block. */
export type DispersionState = { readonly short: BlockState; readonly long: BlockState };

type BlockState = {
  readonly polls: number;
  readonly pods: Readonly<Record<string, Omit<PodCounts, 'podUid'>>>;
  readonly blocks: number;
  /**
   * Sums of the formula; old blocks fade, so that the estimate follows the last half hour or so.
   */
  readonly observed: number;
  readonly expected: number;
};

export type Dispersion = {
  readonly kind: 'estimated' | 'assumed';
  /** phi, at least 1. */
  readonly phi: number;
};

const LEAST_PODS = 3;
const MAX_PODS = 200;
/** A block counts half after 20 long blocks, or 240 short ones. */
const HALF_LIFE_LONG_BLOCKS = 20;

export const DEFAULT_DISPERSION_PARAMS: DispersionParams = {
  shortPolls: 3,
  longPolls: 30,
  leastLongBlocks: 10,
};

export function initialDispersion(): DispersionState {
  return { short: EMPTY, long: EMPTY };
}

const EMPTY: BlockState = { polls: 0, pods: {}, blocks: 0, observed: 0, expected: 0 };

/** Takes in one poll of all stable pods. */
export function stepDispersion(
  state: DispersionState,
  pods: readonly PodCounts[],
  params: DispersionParams,
): DispersionState {
  const halfLifePolls = HALF_LIFE_LONG_BLOCKS * params.longPolls;
  const fading = (polls: number): number => 0.5 ** (polls / halfLifePolls);
  const { shortPolls, longPolls } = params;
  return {
    short: stepBlock(state.short, pods, { polls: shortPolls, fading: fading(shortPolls) }),
    long: stepBlock(state.long, pods, { polls: longPolls, fading: fading(longPolls) }),
  };
}

/** phi for a release that begins now; assumed where there is too little history to tell. */
export function dispersionOf(state: DispersionState, params: DispersionParams): Dispersion {
  if (state.long.blocks < params.leastLongBlocks) {
    return { kind: 'assumed', phi: UNKNOWN_DISPERSION };
  }
  return { kind: 'estimated', phi: Math.max(1, phiOf(state.short), phiOf(state.long)) };
}

function phiOf({ observed, expected }: BlockState): number {
  return expected > 0 ? observed / expected : 1;
}

function stepBlock(
  block: BlockState,
  growths: readonly PodCounts[],
  length: { readonly polls: number; readonly fading: number },
): BlockState {
  const pods = { ...block.pods };
  for (const { podUid, requests, errors } of growths.slice(0, MAX_PODS)) {
    const before = pods[podUid] ?? { requests: 0, errors: 0 };
    pods[podUid] = { requests: before.requests + requests, errors: before.errors + errors };
  }
  const polls = block.polls + 1;
  if (polls < length.polls) return { ...block, polls, pods };
  const asked = Object.values(pods).filter(({ requests }) => requests > 0);
  if (asked.length < LEAST_PODS) return { ...block, polls: 0, pods: {} };
  const { observed, expected } = scatter(asked);
  return {
    polls: 0,
    pods: {},
    blocks: block.blocks + 1,
    observed: block.observed * length.fading + observed,
    expected: block.expected * length.fading + expected,
  };
}

function scatter(pods: readonly { readonly requests: number; readonly errors: number }[]): {
  readonly observed: number;
  readonly expected: number;
} {
  const requests = pods.reduce((sum, pod) => sum + pod.requests, 0);
  const rate = pods.reduce((sum, pod) => sum + pod.errors, 0) / requests;
  const observed = pods.reduce((sum, pod) => sum + (pod.errors - pod.requests * rate) ** 2, 0);
  const independent = requests * rate * (1 - rate);
  return { observed, expected: (independent * (pods.length - 1)) / pods.length };
}
