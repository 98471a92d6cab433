// The whole way from readings to a verdict, across restarts of the operator.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type Analysed, analyse, initialAnalysis } from './analyse.ts';
import { type AnalysisParams, DEFAULT_PARAMS } from './params.ts';
import { restoreAnalysis } from './restore.ts';
import type { Poll } from './sample.ts';
import { seededRandom } from '../lib/seeded-random.ts';
import { canaryPod, failedPod, poll, stablePod, uncountedPod } from './testing/polls.ts';

const PARAMS: AnalysisParams = {
  ...DEFAULT_PARAMS,
  errors: { ...DEFAULT_PARAMS.errors, method: { kind: 'counts', dispersion: 1 } },
};

const ALL_SIGNALS = {
  latency: { dispersion: 2 },
  restarts: { toleratedPerPodHour: 0.5 },
  promotion: { ratio: 1, margin: 0.01, falsePromotionRate: 0.05 },
};

type Release = {
  readonly seed: number;
  readonly polls: number;
  readonly canaryRate: number;
  readonly stableRate: number;
  readonly missRate?: number;
};

/** Polls of 2 s at 50 requests per second, 5 % of them at the canary, with random misses. */
function simulated(release: Release): readonly Poll[] {
  const { seed, polls, canaryRate, stableRate, missRate = 0.1 } = release;
  const random = seededRandom(seed);
  const totals = { c: 0, cx: 0, s: 0, sx: 0 };
  const arms = (miss: boolean): Poll => {
    const canary = canaryPod('c', totals.c, { errors: totals.cx });
    const stable = stablePod('s', totals.s, { errors: totals.sx });
    return poll(miss ? failedPod('c', 'canary') : canary, stable);
  };
  const later = Array.from({ length: polls }, () => {
    const [cx, sx] = [random.poisson(5 * canaryRate), random.poisson(95 * stableRate)];
    totals.c += cx + random.poisson(5 * (1 - canaryRate));
    totals.s += sx + random.poisson(95 * (1 - stableRate));
    totals.cx += cx;
    totals.sx += sx;
    return arms(random.uniform() < missRate);
  });
  return [poll(canaryPod('c', 0), stablePod('s', 0)), ...later];
}

function last(polls: readonly Poll[], restart = (state: Analysed['state']) => state): Analysed {
  let result = analyse(initialAnalysis(PARAMS), poll(), PARAMS);
  for (const next of polls) result = analyse(restart(result.state), next, PARAMS);
  return result;
}

describe('analyse', () => {
  it('rolls back 20 % errors within a few seconds of traffic', () => {
    const bad = simulated({ seed: 1, polls: 10, canaryRate: 0.2, stableRate: 0.001 });
    expect(last(bad).verdict.kind).toBe('rollback');
  });

  it('lets good releases pass, misses and all', () => {
    const kinds = Array.from({ length: 300 }, (_, seed) => {
      const good = simulated({ seed, polls: 60, canaryRate: 0.01, stableRate: 0.01 });
      return last(good).verdict.kind;
    });
    // Allowed are 1 %; with margin and ratio there are none in 300.
    expect(kinds.filter((kind) => kind === 'rollback')).toHaveLength(0);
  });

  it('says the same after any number of restarts', () => {
    const restarted = (state: Analysed['state']): Analysed['state'] => {
      const restored = restoreAnalysis(JSON.parse(JSON.stringify(state)));
      if (restored === undefined) throw new Error('the state did not survive');
      return restored;
    };
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 0.3, noNaN: true }), (seed, canaryRate) => {
        const polls = simulated({ seed, polls: 15, canaryRate, stableRate: 0.01 });
        expect(last(polls, restarted)).toEqual(last(polls));
      }),
      { numRuns: 50 },
    );
  });

  it('does not change its mind with the time between polls', () => {
    // Polls in which nothing happened are all that more time brings.
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 5 }), (seed, idle) => {
        const rates = { canaryRate: 0.1, stableRate: 0.01, missRate: 0 };
        const polls = simulated({ seed, polls: 15, ...rates });
        const slow = polls.flatMap((next) => Array.from({ length: idle + 1 }, () => next));
        expect(last(slow).verdict.numbers).toEqual(last(polls).verdict.numbers);
      }),
      { numRuns: 50 },
    );
  });

  it('counts a poll that was seen twice only once', () => {
    const polls = simulated({ seed: 3, polls: 15, canaryRate: 0.05, stableRate: 0.01 });
    const before = last(polls).state;
    const again = analyse(before, polls.at(-1) ?? poll(), PARAMS);
    expect(again.verdict.numbers.evidence).toBe(last(polls).verdict.numbers.evidence);
  });
});

describe('restoreAnalysis', () => {
  it('refuses what this version did not write', () => {
    const { state } = last(simulated({ seed: 4, polls: 3, canaryRate: 0, stableRate: 0 }));
    const wrong = [
      undefined,
      null,
      {},
      { ...state, judge: { ...state.judge, signals: { errors: { polls: 1, logS: [0] } } } },
      { ...state, judge: { ...state.judge, peakLogEvidence: null } },
      { ...state, counters: { ...state.counters, pods: { c: { kind: 'other' } } } },
    ];
    expect(wrong.map(restoreAnalysis)).toEqual(wrong.map(() => undefined));
    expect(restoreAnalysis(state)).toEqual(state);
  });

  it('takes back every signal, and refuses parts that do not belong together', () => {
    const params = { ...PARAMS, ...ALL_SIGNALS };
    const latency = { boundsSeconds: [0.1, 1], cumulative: [1, 2], count: 3 };
    const restarts = {
      elapsedSeconds: 2,
      canary: { pods: 1, incidents: 1 },
      stable: { pods: 1, incidents: 0 },
    };
    const next = poll(canaryPod('c', 3, { latency }), stablePod('s', 3, { latency }));
    const first = analyse(initialAnalysis(params), { ...next, restarts }, params).state;
    const more = { boundsSeconds: [0.1, 1], cumulative: [3, 4], count: 6 };
    const later = poll(
      canaryPod('c', 6, { latency: more }),
      stablePod('s', 6, { latency: more }),
    );
    const { state } = analyse(first, later, params);
    expect(state.judge.signals.latency?.boundsSeconds).toEqual([0.1, 1]);
    expect(restoreAnalysis(JSON.parse(JSON.stringify(state)))).toEqual(state);
    const { signals } = state.judge;
    const cut = { ...signals, latency: { ...signals.latency, stableSlow: [1] } };
    expect(restoreAnalysis({ ...state, judge: { ...state.judge, signals: cut } })).toBeUndefined();
  });

  it('survives anything', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (stored) => {
        expect(restoreAnalysis(stored)).toBeUndefined();
      }),
    );
  });
});

describe('a gateway that alone counts', () => {
  const alone: AnalysisParams = {
    ...PARAMS,
    pods: 'unread',
    gateway: 'judged',
    silence: { expectedRequests: 20, verdict: 'hold' },
    promotion: { ratio: 1, margin: 0.05, falsePromotionRate: 0.05 },
  };
  const at = (canary: number, canaryErrors: number, stable: number): Poll => ({
    canaryWeightPercent: 50,
    samples: [],
    gateway: [
      canaryPod('g/canary', canary, { errors: canaryErrors, startedAfterRelease: false }),
      stablePod('g/stable', stable),
    ],
  });
  const after = (...polls: readonly Poll[]): Analysed => {
    let result = analyse(initialAnalysis(alone), at(1000, 400, 90_000), alone);
    for (const next of polls) result = analyse(result.state, next, alone);
    return result;
  };
  const steps = (count: number, errors: number): readonly Poll[] =>
    Array.from({ length: count }, (_, n) =>
      at(1000 + 100 * (n + 1), 400 + errors * (n + 1), 90_000 + 100 * (n + 1)),
    );

  it('is what requests are counted by, from the first look on', () => {
    const { numbers } = after(...steps(2, 0)).verdict;
    expect(numbers.canary).toEqual({ requests: 200, errors: 0 });
    expect(numbers.stable).toEqual({ requests: 200, errors: 0 });
    expect(numbers.signals.map(({ signal }) => signal)).toEqual(['gateway']);
  });

  it('takes a candidate back, and shows one to be good', () => {
    expect(after(...steps(5, 30)).verdict).toMatchObject({
      kind: 'rollback',
      reason: 'EvidenceOfHarm',
      sentence: expect.stringContaining('at the gateway canary'),
    });
    expect(after(...steps(40, 0)).verdict.kind).toBe('promote');
  });

  it('that cannot be read is no data, once both versions have waited long enough', () => {
    const lost: Poll = {
      canaryWeightPercent: 50,
      samples: [],
      gateway: [failedPod('g/canary', 'canary'), failedPod('g/stable', 'stable')],
    };
    const unread = Array.from({ length: 6 }, () => lost);
    expect(after(...steps(2, 0), ...unread).verdict).toMatchObject({
      kind: 'noData',
      reason: 'ScrapeFailed',
      sentence: expect.stringContaining('no proxy of the gateway could be read'),
    });
    // One look that fails loses nothing: the next one reaches back over it.
    const { numbers } = after(...steps(2, 0), lost, at(1500, 400, 90_500)).verdict;
    expect(numbers.canary.requests).toBe(500);
  });

  it('that sends the candidate nothing holds it, and does not take it back', () => {
    const silent = [1, 2, 3].map((n) => at(1000, 400, 90_000 + 100 * n));
    expect(after(...silent).verdict).toMatchObject({
      kind: 'hold',
      reason: 'CandidateSilent',
      sentence: expect.stringContaining('the gateway counts no request of the canary'),
    });
  });
});

describe('a gateway beside the pods', () => {
  const both: AnalysisParams = { ...PARAMS, gateway: 'judged' };

  it('decides nothing where it counts nothing', () => {
    const polls = simulated({ seed: 1, polls: 40, canaryRate: 0.001, stableRate: 0.001 });
    const judged = (gateway: Poll['gateway']) => {
      let result = analyse(initialAnalysis(both), poll(), both);
      const beside = gateway ? { gateway } : {};
      for (const next of polls) result = analyse(result.state, { ...next, ...beside }, both);
      return result.verdict;
    };
    const nothing = [uncountedPod('g/canary', 'canary'), uncountedPod('g/stable', 'stable')];
    expect(judged(nothing)).toEqual(judged(undefined));
  });
});
