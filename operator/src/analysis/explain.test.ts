// Wording of numbers and of each finding; whole sentences of real verdicts are in judge.test.ts.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { explain } from './explain.ts';
import { countText, evidenceText, percentText, secondsText } from './number-text.ts';
import { rateDifference } from './rate-difference.ts';
import type { BuiltInSignal, VerdictNumbers } from './verdict.ts';

const NUMBERS: VerdictNumbers = {
  evidence: 1240.9,
  threshold: 100,
  canary: { requests: 201, errors: 43 },
  stable: { requests: 3950, errors: 2 },
  signals: [],
};

describe('explain', () => {
  it('tells a rollback', () => {
    expect(explain({ kind: 'rollback', reason: 'EvidenceOfHarm' }, NUMBERS)).toBe(
      'canary 43 of 201 requests failed (21.4 %), stable 2 of 3,950 (0.1 %); ' +
        'evidence 1,240 of 100: rolled back',
    );
  });

  it('tells a shared outage', () => {
    expect(explain({ kind: 'hold', reason: 'SharedOutage' }, NUMBERS)).toMatch(
      /; stable itself is failing too often to compare with: held$/,
    );
  });

  it.each([
    ['ScrapeFailed', "no canary pod's metrics could be read for 1,200 polls"],
    ['MetricsNotRecognized', 'no canary pod shows a request counter that is recognised'],
    ['NoPods', 'there is no canary pod to compare'],
    ['NoTraffic', 'no request reached the canary for 1,200 polls'],
  ] as const)('tells %s', (reason, want) => {
    const finding = { kind: 'noData', reason, arm: 'canary', polls: 1200, source: 'pods' } as const;
    expect(explain(finding, NUMBERS)).toBe(`${want}; evidence 1,240 of 100: held`);
  });

  it.each([
    ['ScrapeFailed', 'no proxy of the gateway could be read for 1,200 polls'],
    ['MetricsNotRecognized', 'the gateway counts nothing per backend'],
    ['NoPods', 'no proxy of the gateway was found'],
    ['NoTraffic', 'the gateway sent the canary no request for 1,200 polls'],
  ] as const)('tells %s where only the gateway counts', (reason, want) => {
    const noData = { kind: 'noData', reason, arm: 'canary', polls: 1200 } as const;
    expect(explain({ ...noData, source: 'gateway' }, NUMBERS)).toContain(want);
  });

  it('does not divide by requests there were none of', () => {
    const numbers = { ...NUMBERS, evidence: 1, canary: { requests: 0, errors: 0 } };
    expect(explain({ kind: 'continue' }, numbers)).toBe(
      'canary answered no request, stable 2 of 3,950 (0.1 %); evidence 1.00 of 100',
    );
  });
});

describe('a gateway that alone counts', () => {
  it('is told of whether it speaks against the canary or not', () => {
    const signals = [{ signal: 'gateway', weight: 1, evidence: 0.4 }] as const;
    const gateway = {
      canary: { requests: 40, errors: 0 },
      stable: { requests: 900, errors: 1 },
    };
    expect(explain({ kind: 'continue' }, { ...NUMBERS, evidence: 0.4, signals, gateway })).toBe(
      'at the gateway canary 0 of 40 requests failed (0 %), stable 1 of 900 (0.1 %); ' +
        'evidence 0.40 of 100',
    );
  });
});

describe('what the other signals have seen', () => {
  const beside = (signal: BuiltInSignal, more: Partial<VerdictNumbers>): string => {
    const signals = [
      { signal: 'errors', weight: 0.5, evidence: 1 },
      { signal, weight: 0.5, evidence: 2480 },
    ] as const;
    return explain({ kind: 'rollback', reason: 'EvidenceOfHarm' }, { ...NUMBERS, signals, ...more });
  };
  const seen = { canary: 3, stable: 0, canaryPodSeconds: 120.4 };

  it.each<readonly [BuiltInSignal, Partial<VerdictNumbers>, string]>([
    [
      'latency',
      { slowness: { boundSeconds: 0.25, canary: 0.613, stable: 0.12 } },
      "61.3 % of canary requests took over 250 ms, 12.0 % of stable's",
    ],
    ['restarts', { restarts: seen }, 'canary pods crashed 3 times in 120 pod-seconds, stable pods 0'],
    ['readiness', { readiness: { ...seen, canary: 1 } }, 'canary pods lost readiness 1 time in'],
    [
      'gateway',
      { gateway: { canary: { requests: 40, errors: 40 }, stable: { requests: 900, errors: 1 } } },
      'at the gateway canary 40 of 40 requests failed (100 %), stable 1 of 900 (0.1 %)',
    ],
  ])('tells %s', (signal, more, want) => {
    expect(beside(signal, more)).toContain(want);
    expect(beside(signal, more)).toContain(`evidence 1,240 of 100 (${signal} 2,480)`);
  });

  it('speaks of pods alone where no counters are read', () => {
    const signals = [{ signal: 'restarts', weight: 1, evidence: 1 }] as const;
    const numbers = { ...NUMBERS, signals, restarts: { ...seen, canary: 0 }, evidence: 1 };
    expect(explain({ kind: 'continue' }, numbers)).toBe(
      'canary pods crashed 0 times in 120 pod-seconds, stable pods 0; evidence 1.00 of 100',
    );
  });
});

describe('numbers in words', () => {
  it.each([
    [0.005, '5 ms'],
    [0.25, '250 ms'],
    [2.5, '2.5 s'],
  ])('writes the bound %d', (value, want) => {
    expect(secondsText(value)).toBe(want);
  });

  it.each([
    [0, '0'],
    [999.4, '999'],
    [1000, '1,000'],
    [1234567, '1,234,567'],
  ])('counts %d', (value, want) => {
    expect(countText(value)).toBe(want);
  });

  it.each([
    [0, '0 %'],
    [0.0001, '< 0.1 %'],
    [0.0005, '0.1 %'],
    [0.2139, '21.4 %'],
    [1, '100 %'],
  ])('writes the share %d', (value, want) => {
    expect(percentText(value)).toBe(want);
  });

  it.each([
    [0.001, '< 0.01'],
    [0.029, '0.02'],
    [9.999, '9.99'],
    [99.99, '99'],
    [1240.9, '1,240'],
    [1e12, 'over 1,000,000'],
  ])('rounds the evidence %d down', (value, want) => {
    expect(evidenceText(value)).toBe(want);
  });
});

describe('rateDifference', () => {
  it('agrees with the published example of the method', () => {
    // Newcombe 1998, table II (a): 56/70 against 48/80 gives 0.0524 to 0.3339.
    const difference = rateDifference({ requests: 70, errors: 56 }, { requests: 80, errors: 48 });
    expect(difference?.estimate).toBeCloseTo(0.2, 10);
    expect(difference?.low).toBeCloseTo(0.0524, 4);
    expect(difference?.high).toBeCloseTo(0.3339, 4);
  });

  it('is unknown until both have answered', () => {
    const none = { requests: 0, errors: 0 };
    expect(rateDifference(none, { requests: 9, errors: 0 })).toBeUndefined();
    expect(rateDifference({ requests: 9, errors: 0 }, none)).toBeUndefined();
  });

  it('holds the estimate and stays within -1 to 1', () => {
    const arm = fc
      .tuple(fc.nat({ max: 1000 }), fc.nat({ max: 1000 }))
      .map(([good, errors]) => ({ requests: good + errors + 1, errors }));
    fc.assert(
      fc.property(arm, arm, (canary, stable) => {
        const { estimate, low, high } = rateDifference(canary, stable) ?? NAN_DIFFERENCE;
        expect(low).toBeGreaterThanOrEqual(-1 - 1e-9);
        expect(low).toBeLessThanOrEqual(estimate);
        expect(high).toBeGreaterThanOrEqual(estimate);
        expect(high).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });
});

const NAN = Number.NaN;
const NAN_DIFFERENCE = { estimate: NAN, low: NAN, high: NAN };
