// The whole way from readings to a verdict, across restarts of the operator.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type Analysed, analyse, initialAnalysis } from './analyse.ts';
import { type AnalysisParams, DEFAULT_PARAMS } from './params.ts';
import { restoreAnalysis } from './restore.ts';
import type { Poll } from './sample.ts';
import { seededRandom } from '../lib/seeded-random.ts';
import { canaryPod, failedPod, poll, stablePod } from './testing/polls.ts';

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
