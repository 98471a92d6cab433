import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type Judged, initialJudge, judge, judgeIncidents } from './judge.ts';
import { type AnalysisParams, DEFAULT_PARAMS } from './params.ts';
import type { PollDelta, PollOutcome } from './sample.ts';

const PARAMS: AnalysisParams = {
  ...DEFAULT_PARAMS,
  errors: { ...DEFAULT_PARAMS.errors, method: { kind: 'counts', dispersion: 1 } },
};

type Counts = readonly [requests: number, errors: number];

function delta(canary: Counts, stable: Counts, canaryWeightPercent = 5): PollDelta {
  const arm = ([requests, errors]: Counts): PollDelta['canary'] => ({
    requests,
    errors,
    pods: { listed: 1, read: 1 },
  });
  return { kind: 'delta', canaryWeightPercent, canary: arm(canary), stable: arm(stable) };
}

const DARK: PollOutcome = { kind: 'noData', reason: 'ScrapeFailed', arm: 'canary', polls: 4 };

function judged(outcomes: readonly PollOutcome[], params = PARAMS): Judged {
  let result = judge(initialJudge(params), { kind: 'carried', polls: 0 }, params);
  for (const outcome of outcomes) result = judge(result.state, outcome, params);
  return result;
}

function times(count: number, outcome: PollOutcome): readonly PollOutcome[] {
  return Array.from({ length: count }, () => outcome);
}

describe('judge', () => {
  it('rolls back a canary that fails while stable does not, and says why in one sentence', () => {
    const { verdict } = judged([delta([201, 43], [3950, 2])]);
    expect(verdict).toMatchObject({
      kind: 'rollback',
      reason: 'EvidenceOfHarm',
      numbers: {
        threshold: 100,
        canary: { requests: 201, errors: 43 },
        stable: { requests: 3950, errors: 2 },
      },
    });
    expect(verdict.sentence).toBe(
      'canary 43 of 201 requests failed (21.4 %), stable 2 of 3,950 (0.1 %), ' +
        'difference 21.3 points (95 %: 16.2 to 27.5); evidence over 1,000,000 of 100: rolled back',
    );
  });

  it('keeps the verdict, whatever comes later', () => {
    const calm = times(500, delta([500, 0], [10_000, 0]));
    const { verdict } = judged([delta([12, 12], [238, 0]), ...calm, DARK]);
    expect(verdict.kind).toBe('rollback');
    expect(verdict.numbers.evidence).toBeGreaterThanOrEqual(100);
  });

  it('goes on while both do well', () => {
    const { verdict } = judged(times(60, delta([12, 0], [238, 0])));
    expect(verdict.kind).toBe('continue');
    expect(verdict.sentence).toContain(
      'canary 0 of 720 requests failed (0 %), stable 0 of 14,280 (0 %), difference 0.0 points',
    );
    expect(verdict.sentence).toMatch(/; evidence 0\.\d\d of 100$/);
  });

  it('holds and rolls nothing back when both fail, and goes on when stable is well again', () => {
    const well = times(20, delta([12, 0], [238, 0]));
    const outage = times(10, delta([12, 6], [238, 119]));
    expect(judged([...well, ...outage]).verdict).toMatchObject({
      kind: 'hold',
      reason: 'SharedOutage',
    });
    expect(judged([...well, ...outage, ...well]).verdict.kind).toBe('continue');
  });

  it('sees stable recover while there is no canary to compare it with', () => {
    const outage = times(10, delta([12, 6], [238, 119]));
    const alone = (requests: number, errors: number): PollOutcome => {
      const stable = { requests, errors };
      return { kind: 'noData', reason: 'NoPods', arm: 'canary', polls: 1, stable };
    };
    const health = (...outcomes: readonly PollOutcome[]) => judged(outcomes).verdict.stableHealth;
    expect(health(...outage, alone(238, 119))).toBe('failing');
    expect(health(...outage, ...times(20, alone(238, 0)))).toBe('calm');
    // What mends a failing stable must get its first pods.
    expect(health(...times(20, alone(238, 119)))).toBe('uneasy');
  });

  it('says so where stable fails and the canary does better, which is no shared outage', () => {
    const well = times(20, delta([12, 0], [238, 0]));
    const alone = times(30, delta([12, 0], [238, 60]));
    expect(judged([...well, ...alone]).verdict).toMatchObject({
      kind: 'hold',
      reason: 'StableWorse',
      stableHealth: 'failing',
    });
  });

  it('does not get used to an outage', () => {
    const well = times(20, delta([12, 0], [238, 0]));
    const outage = times(300, delta([12, 0], [238, 10])).flatMap((one) => [
      one,
      delta([12, 1], [238, 10]),
    ]);
    expect(judged([...well, ...outage]).verdict).toMatchObject({
      kind: 'hold',
      reason: 'SharedOutage',
    });
  });

  it('rolls back during an outage of both when the canary is clearly worse', () => {
    const outage = times(5, delta([120, 110], [2380, 238]));
    expect(judged(outage).verdict.kind).toBe('rollback');
  });

  it('takes an unanswered share of the traffic for a failure', () => {
    const silent = delta([0, 0], [95, 0]);
    expect(judged(times(3, silent)).verdict.kind).toBe('continue');
    const { verdict } = judged(times(4, silent));
    expect(verdict).toMatchObject({ kind: 'rollback', reason: 'CandidateSilent' });
    expect(verdict.sentence).toBe(
      'canary answered no request where its share of the traffic predicts 20: rolled back',
    );
  });

  it('only holds on silence where requests are not spread one by one', () => {
    const params = { ...PARAMS, silence: { expectedRequests: 20, verdict: 'hold' as const } };
    expect(judged(times(4, delta([0, 0], [95, 0])), params).verdict).toMatchObject({
      kind: 'hold',
      reason: 'CandidateSilent',
    });
  });

  it.each([
    ['the canary has no share yet', delta([0, 0], [950, 0], 0)],
    ['stable has no share any more', delta([0, 0], [950, 0], 100)],
    [
      'a canary pod could not be read',
      {
        ...delta([0, 0], [950, 0]),
        canary: { requests: 0, errors: 0, pods: { listed: 2, read: 1 } },
      },
    ],
  ])('does not take it for silence when %s', (_name, outcome) => {
    expect(judged(times(10, outcome)).verdict.kind).toBe('continue');
  });

  it('begins the silence anew where the share was taken away', () => {
    const silent = delta([0, 0], [95, 0]);
    const polls = [...times(3, silent), delta([0, 0], [95, 0], 0), ...times(3, silent)];
    expect(judged(polls).verdict.kind).toBe('continue');
  });

  it('begins the silence anew with each answer', () => {
    const silent = delta([0, 0], [95, 0]);
    const answered = delta([1, 0], [95, 0]);
    expect(judged([...times(3, silent), answered, ...times(3, silent)]).verdict.kind).toBe(
      'continue',
    );
  });

  it('says that it knows nothing when nothing can be read', () => {
    const { verdict } = judged([delta([12, 0], [238, 0]), DARK]);
    expect(verdict).toMatchObject({ kind: 'noData', reason: 'ScrapeFailed' });
    expect(verdict.sentence).toContain("no canary pod's metrics could be read for 4 polls");
  });

  it('says that nobody asks, when nobody asks either of them', () => {
    const nothing = delta([0, 0], [0, 0]);
    expect(judged(times(14, nothing)).verdict.kind).toBe('continue');
    const { verdict } = judged(times(15, nothing));
    expect(verdict).toMatchObject({
      kind: 'noData',
      reason: 'NoTraffic',
      numbers: { evidence: 1 },
    });
  });

  it('promotes only on evidence, never during an outage, and says so', () => {
    const params = {
      ...PARAMS,
      promotion: { ratio: 1, margin: 0.01, falsePromotionRate: 0.05 },
    };
    const well = delta([40, 0], [760, 0]);
    const outage = delta([40, 20], [760, 380]);
    expect(judged(times(5, well), params).verdict.kind).toBe('continue');
    const { verdict } = judged(times(15, well), params);
    expect(verdict.kind).toBe('promote');
    expect(verdict.sentence).toMatch(/, for promotion \d+ of 20: good enough$/);
    const uneasy = delta([40, 0], [760, 13]);
    expect(judged([...times(15, well), uneasy], params).verdict.kind).toBe('continue');
    const unwell = delta([40, 5], [760, 0]);
    const { verdict: wary } = judged([...times(100, well), unwell], params);
    expect(wary.numbers.promotion?.evidence).toBeGreaterThan(20);
    expect(wary.kind).toBe('continue');
    expect(judged([...times(15, well), outage], params).verdict.kind).toBe('hold');
    const carried: PollOutcome = { kind: 'carried', polls: 1 };
    expect(judged([...times(15, well), carried], params).verdict.kind).toBe('continue');
    expect(judged([...times(15, well), DARK], params).verdict.kind).toBe('noData');
  });

  it('does not look at crashes where it was not told to', () => {
    const crash = {
      elapsedSeconds: 2,
      canary: { pods: 1, incidents: 9 },
      stable: { pods: 19, incidents: 0 },
    };
    const fresh = initialJudge(PARAMS);
    expect(judgeIncidents(fresh, 'restarts', { delta: crash, params: PARAMS })).toEqual(fresh);
  });

  it('says which signal it was', () => {
    const params = { ...PARAMS, restarts: { toleratedPerPodHour: 0.5 } };
    const crash = {
      elapsedSeconds: 2,
      canary: { pods: 1, incidents: 1 },
      stable: { pods: 19, incidents: 0 },
    };
    const crashed = [1, 2, 3].reduce(
      (state) => judgeIncidents(state, 'restarts', { delta: crash, params }),
      initialJudge(params),
    );
    const { verdict } = judge(crashed, { kind: 'carried', polls: 1 }, params);
    expect(verdict.kind).toBe('rollback');
    expect(verdict.sentence).toMatch(
      /canary pods crashed 3 times in 6 pod-seconds.*evidence 6,\d+ of 100 \(restarts 30,\d+\)/,
    );
  });

  it('keeps the state under 1 KB of JSON that reads back the same', () => {
    const { state } = judged(times(1000, delta([12, 1], [238, 3])));
    const text = JSON.stringify(state);
    expect(JSON.parse(text)).toEqual(state);
    expect(text.length).toBeLessThan(1024);
  });

  it('never takes a rollback back, in any sequence of polls', () => {
    const count = fc.tuple(fc.nat({ max: 50 }), fc.nat({ max: 50 })).map(
      ([good, errors]): Counts => [good + errors, errors],
    );
    const outcome: fc.Arbitrary<PollOutcome> = fc.oneof(
      fc.tuple(count, count).map(([canary, stable]) => delta(canary, stable)),
      fc.constant(DARK),
      fc.constant<PollOutcome>({ kind: 'carried', polls: 1 }),
    );
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 40 }), (outcomes) => {
        const kinds = outcomes.map((_, i) => judged(outcomes.slice(0, i + 1)).verdict.kind);
        const first = kinds.indexOf('rollback');
        const after = first === -1 ? [] : kinds.slice(first);
        expect(after.every((kind) => kind === 'rollback')).toBe(true);
      }),
    );
  });
});
