import { describe, expect, it } from '@jest/globals';
import {
  type BettingParams,
  initialBetting,
  logBettingEvidence,
  stepBetting,
} from './betting.ts';
import type { TwoArmCounts } from './e-process.ts';
import { seededRandom } from '../lib/seeded-random.ts';

const PARAMS: BettingParams = {
  ratio: 1.25,
  margin: 0.001,
  bet: 'worse',
  blockPolls: 30,
  plannedPolls: 900,
};

/** One poll at 5 % weight: 5 requests of the canary, 95 of stable. */
function counts(canaryErrors: number, stableErrors: number): TwoArmCounts {
  return {
    canary: { requests: 5, errors: canaryErrors },
    stable: { requests: 95, errors: stableErrors },
  };
}

function evidenceAfter(polls: readonly TwoArmCounts[], params = PARAMS): number {
  const state = polls.reduce((before, next) => stepBetting(before, next, params), initialBetting());
  return Math.exp(logBettingEvidence(state, params));
}

const minutes = (count: number, poll: TwoArmCounts): readonly TwoArmCounts[] =>
  Array.from({ length: count * PARAMS.blockPolls }, () => poll);

describe('stepBetting', () => {
  it('finds a canary that fails every request, and says nothing before a block is full', () => {
    expect(evidenceAfter(minutes(1, counts(5, 1)).slice(1))).toBe(1);
    expect(evidenceAfter(minutes(15, counts(5, 1)))).toBeGreaterThan(100);
  });

  it('does not take one storm of errors for a bad version, whatever its size', () => {
    const storm = minutes(1, counts(5, 0));
    const polls = [...minutes(10, counts(0, 0)), ...storm, ...minutes(10, counts(0, 0))];
    expect(evidenceAfter(polls)).toBeLessThan(100);
  });

  it('bets the other way for a promotion', () => {
    const params: BettingParams = { ...PARAMS, bet: 'notWorse', ratio: 1, margin: 0.05 };
    expect(evidenceAfter(minutes(240, counts(0, 0)), params)).toBeGreaterThan(20);
    expect(evidenceAfter(minutes(240, counts(5, 0)), params)).toBeLessThan(1);
  });

  it('keeps a block open while one side is not asked', () => {
    const unasked = { canary: { requests: 0, errors: 0 }, stable: { requests: 95, errors: 0 } };
    const state = minutes(3, unasked).reduce(
      (before, next) => stepBetting(before, next, PARAMS),
      initialBetting(),
    );
    expect(state.mixture.polls).toBe(0);
    expect(state.open.stable.requests).toBe(95 * 90);
  });

  // 2,000 good canaries whose errors come in storms of 10 s that hit one pod at a time: the bound of
  // 1 % holds with room to spare; independence would break it (see the study).
  it('keeps its bound where errors come in storms', () => {
    const random = seededRandom(11);
    const params = { ...PARAMS, blockPolls: 6 };
    const releases = 2000;
    let rolledBack = 0;
    for (let release = 0; release < releases; release += 1) {
      let state = initialBetting();
      let highest = 0;
      for (let poll = 0; poll < 120; poll += 1) {
        const stormAt = random.uniform() < 0.05 ? Math.floor(random.uniform() * 20) : -1;
        const poisson = (mean: number): number => random.poisson(mean);
        const canary = { requests: 5 + poisson(5), errors: stormAt === 0 ? 5 : 0 };
        const stable = { requests: 95 + poisson(95), errors: stormAt > 0 ? 5 : 0 };
        state = stepBetting(state, { canary, stable }, params);
        highest = Math.max(highest, logBettingEvidence(state, params));
      }
      if (highest >= Math.log(100)) rolledBack += 1;
    }
    expect(rolledBack / releases).toBeLessThanOrEqual(0.01);
  });
});
