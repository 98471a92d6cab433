import { describe, expect, it } from '@jest/globals';
import { parseSpec } from '../api/parse.ts';
import { excessAtMost, initialExcess, stepExcess } from './excess.ts';
import { initialJudge, judge } from './judge.ts';
import { paceOf } from './pace.ts';
import { paramsOf } from './params-of-spec.ts';
import { seededRandom } from '../lib/seeded-random.ts';

function paced(exposure: number) {
  const spec = parseSpec({
    template: {},
    strategy: { canary: { pace: { exposure } } },
    checks: { scrape: { everySeconds: 2 } },
  });
  if (spec.kind === 'invalid') throw new Error(JSON.stringify(spec.violations));
  const params = paramsOf(spec.value, { isBypassed: false, dispersion: { errors: 1, latency: 2 } });
  if (params.pace === undefined) throw new Error('no pace');
  return { ...params, pace: params.pace };
}

const NONE = { canary: { requests: 0, errors: 0 }, stable: { requests: 0, errors: 0 } };

/** Good polls of 100 requests, `weight` of them at the canary. */
function known(polls: number, exposure = 50, weight = 5) {
  const params = paced(exposure);
  let state = initialExcess(params);
  const canary = { requests: weight, errors: 0 };
  const stable = { requests: 100 - weight, errors: 0 };
  for (let poll = 0; poll < polls; poll += 1) state = stepExcess(state, { canary, stable }, params);
  return { params, state, pace: paceOf(state, NONE, params) };
}

describe('what a pace allows', () => {
  it('is nothing before the traffic is known', () => {
    expect(known(0).pace).toMatchObject({ allowedWeight: 0, excessAtMost: 1 });
  });

  it('is little while the candidate may be all bad, and more the better it is shown to be', () => {
    const allowed = [1, 10, 30, 60, 200].map((polls) => known(polls).pace.allowedWeight);
    expect(allowed).toEqual(allowed.toSorted((a, b) => a - b));
    expect(allowed[0]).toBeGreaterThan(0);
    expect(allowed[0]).toBeLessThan(20);
    expect(allowed.at(-1)).toBe(50);
  });

  it('costs at worst what the budget is', () => {
    for (const polls of [1, 10, 60]) {
      const { badResponses } = known(polls).pace;
      expect(badResponses).toBeLessThanOrEqual(50);
    }
  });

  it('grows with the budget, and is nothing where that is less than a verdict needs', () => {
    expect(known(1, 200).pace.allowedWeight).toBeGreaterThan(known(1, 50).pace.allowedWeight);
    expect(known(1, 3).pace.allowedWeight).toBe(0);
  });

  it('shrinks by what the candidate has failed already', () => {
    const { params, state } = known(30);
    const spent = { canary: { requests: 150, errors: 40 }, stable: { requests: 2850, errors: 0 } };
    expect(paceOf(state, spent, params).allowedWeight).toBeLessThan(
      paceOf(state, NONE, params).allowedWeight,
    );
  });
});

describe('excessAtMost', () => {
  // 400 canaries that fail 5 points more often than stable: beta is 5 %.
  it('claims less than is true of at most a share beta of candidates', () => {
    const params = paced(50);
    const random = seededRandom(23);
    let wrong = 0;
    for (let run = 0; run < 400; run += 1) {
      let state = initialExcess(params);
      let least = 1;
      for (let poll = 0; poll < 200; poll += 1) {
        const errors = random.poisson(10 * 0.05);
        const canary = { requests: errors + random.poisson(10 * 0.95), errors };
        const stable = { requests: random.poisson(90), errors: 0 };
        state = stepExcess(state, { canary, stable }, params);
        least = Math.min(least, excessAtMost(state, params));
      }
      if (least < 0.05) wrong += 1;
    }
    expect(wrong / 400).toBeLessThanOrEqual(0.05);
  });
});

describe('a candidate that fails everything', () => {
  // The law the pace is for: at the weight it allows, what users see stays within the budget.
  it.each([30, 50, 100])('costs users at most the budget of %d', (exposure) => {
    const params = paced(exposure);
    const { lagPolls } = params.pace;
    let state = initialJudge(params);
    let weight = 1;
    let bad = 0;
    let isTakenBack = false;
    for (let poll = 0; poll < 100 && !isTakenBack; poll += 1) {
      const requests = weight;
      bad += requests;
      const pods = { listed: 1, read: 1 };
      const outcome = {
        kind: 'delta' as const,
        canaryWeightPercent: weight,
        canary: { requests, errors: requests, pods },
        stable: { requests: 100 - weight, errors: 0, pods },
      };
      const judged = judge(state, outcome, params);
      state = judged.state;
      isTakenBack = judged.verdict.kind === 'rollback';
      if (state.excess === undefined) throw new Error('no excess');
      const { allowedWeight } = paceOf(state.excess, state, params);
      weight = Math.max(weight, Math.floor(allowedWeight));
    }
    expect(isTakenBack).toBe(true);
    expect(bad + weight * (lagPolls - 1)).toBeLessThanOrEqual(exposure);
  });
});
