// A release whose weights are chosen by what is known of the candidate.
import { describe, expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { stepsOf, weightAt } from './steps.ts';
import { release, set } from './testing/builders.ts';
import { NOW, at } from './testing/sets.ts';

const SPEC = { template: {}, strategy: { canary: { pace: { maxWeight: 50 } } }, checks: { scrape: {} } };

/** At the verify step after the first weight, 1 %. */
function pacedRelease(
  allowedWeight: number,
  verdict: 'continue' | 'promote' | 'noData' = 'continue',
) {
  const pace = { allowedWeight, excessAtMost: 0.05, badResponses: 31 };
  return release()
    .spec(SPEC)
    .stable(set().ready(10))
    .candidate(set().ready(1))
    .weighted(1)
    .stepping(1, { mark: 1, kind: 'verify', startedAt: at(-5) })
    .remembers({ weight: { desired: 1, observed: 1 } })
    .judged({ verdict, pace, canary: { requests: 9, errors: 0 } });
}

const atWeight = (builder: ReturnType<typeof pacedRelease>): number | undefined => {
  const snapshot = builder.build();
  const { stage } = decide(snapshot, NOW).next;
  if (stage.kind !== 'Stepping' || snapshot.release.spec.kind !== 'valid') return undefined;
  return weightAt(snapshot.release.spec.value, stage.step.index);
};

describe('a pace', () => {
  it('rises to its highest weight, and asks for evidence at each', () => {
    const snapshot = pacedRelease(1).build();
    if (snapshot.release.spec.kind !== 'valid') throw new Error('invalid');
    const weights = stepsOf(snapshot.release.spec.value).flatMap(({ weight }) => weight ?? []);
    expect(weights).toEqual([1, 2, 5, 10, 20, 35, 50]);
  });

  it.each([
    { what: 'stays while the next weight costs too much', allowed: 1, want: 1 },
    { what: 'goes on to the next', allowed: 2, want: 2 },
    { what: 'passes over what is allowed already', allowed: 12, want: 10 },
    { what: 'never goes beyond its highest weight', allowed: 100, want: 50 },
  ])('$what', ({ allowed, want }) => {
    expect(atWeight(pacedRelease(allowed))).toBe(want);
  });

  it('goes nowhere without data', () => {
    expect(atWeight(pacedRelease(50, 'noData'))).toBe(1);
  });

  it('needs evidence that the candidate is good at its last weight', () => {
    const last = (verdict: 'continue' | 'promote') =>
      pacedRelease(50, verdict)
        .candidate(set().ready(5))
        .weighted(50)
        .stepping(13, { mark: 5, kind: 'verify', startedAt: at(-5) })
        .remembers({ weight: { desired: 50, observed: 50 } });
    expect(decide(last('continue').build(), NOW).next.stage.kind).toBe('Stepping');
    expect(decide(last('promote').build(), NOW).next.stage.kind).toBe('Promoting');
  });

  it('says what the next weight would cost', () => {
    expect(decide(pacedRelease(1).build(), NOW).message).toContain(
      'pace: at most 5 points worse than stable, 1 % allowed (costs at most 31 bad responses)',
    );
  });
});
