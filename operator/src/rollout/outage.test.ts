// What becomes of a release while stable itself fails.
import { describe, expect, it } from '@jest/globals';
import { after, instant } from '../lib/instant.ts';
import { decide } from './decide.ts';
import { RECOVERY_WITHIN_MS, SUSPECT_WITHIN_MS, WITHDRAW_AFTER_MS } from './outage.ts';
import { type ReleaseBuilder, release, set } from './testing/builders.ts';
import { NOW } from './testing/sets.ts';
import type { Outage } from './state.ts';

const FAILING = { verdict: 'hold', reason: 'SharedOutage', stableHealth: 'failing' } as const;
const WORSE = { ...FAILING, reason: 'StableWorse' } as const;
const CALM = { verdict: 'continue', stableHealth: 'calm' } as const;

const before = (ms: number) => after(NOW, -ms);

interface Past {
  /** How long ago stable began to fail. */
  readonly failingForMs: number;
  /** How much longer ago the candidate had got its traffic. */
  readonly raisedBeforeMs?: number;
  readonly response?: Outage['response'];
}

/** At a timed pause with 25 %, ten seconds in it; the outage as the state remembers it. */
function paused({ failingForMs, raisedBeforeMs = 1000, response }: Past): ReleaseBuilder {
  const since = before(failingForMs);
  const outage = { since, response: response ?? ({ kind: 'held' } as const) };
  const isKnown = failingForMs > 0;
  return release()
    .steps({ weight: 25 }, { pause: { seconds: 30 } }, { weight: 50 })
    .stable(set().ready(10))
    .candidate(set().ready(3))
    .stepping(1, { startedAt: before(failingForMs + 10_000), mark: 3 })
    .weighted(25)
    .remembers({
      weight: { desired: 25, observed: 25, changedAt: before(failingForMs + raisedBeforeMs) },
      ...(isKnown ? { outage } : {}),
    });
}

const decided = (builder: ReleaseBuilder) => decide(builder.build(), NOW);
const weights = (builder: ReleaseBuilder) =>
  decided(builder).effects.flatMap((effect) =>
    effect.kind === 'setWeight' ? [effect.weight] : [],
  );

describe('while stable fails', () => {
  it('nothing is promoted, and a pause whose time is over does not end', () => {
    const over = paused({ failingForMs: 25_000 }).judged(FAILING);
    expect(decided(over)).toMatchObject({ phase: 'Paused', reason: 'SharedOutage' });
    expect(weights(over)).toEqual([]);
    const { next } = decided(paused({ failingForMs: 0 }).judged(FAILING));
    expect(next.outage).toEqual({ since: NOW, response: { kind: 'held' } });
  });

  it('a candidate that got more traffic just before loses it after a minute', () => {
    const soon = paused({ failingForMs: WITHDRAW_AFTER_MS - 1 }).judged(FAILING);
    expect(weights(soon)).toEqual([]);
    expect(decided(soon).wakeAt).toBe(after(NOW, 1));
    const due = paused({ failingForMs: WITHDRAW_AFTER_MS }).judged(FAILING);
    expect(weights(due)).toEqual([0]);
    expect(decided(due).next.outage?.response).toEqual({ kind: 'withdrawn', at: NOW });
  });

  it('one that has had its traffic for long is no suspect', () => {
    const raisedBeforeMs = SUSPECT_WITHIN_MS + 1;
    const long = paused({ failingForMs: 10 * WITHDRAW_AFTER_MS, raisedBeforeMs }).judged(FAILING);
    expect(weights(long)).toEqual([]);
    expect(decided(long).wakeAt).toBeUndefined();
  });

  it('the pods of a withdrawn candidate stay, and its weight stays at 0', () => {
    const at = before(5000);
    const withdrawn = paused({ failingForMs: 90_000, response: { kind: 'withdrawn', at } });
    const { effects, next } = decided(withdrawn.weighted(0).judged(FAILING));
    expect(effects).toEqual([]);
    expect(next.weight).toMatchObject({ desired: 0, observed: 0 });
  });

  it.each([
    { what: 'stable grows first', stable: 1, want: [['stable', 2]] },
    { what: 'the candidate goes once stable is there', stable: 2, want: [['candidate', 0]] },
  ])('a candidate that shares by pods is withdrawn too: $what', ({ stable, want }) => {
    const withdrawn = release()
      .replicas(2)
      .steps({ weight: 50 }, { pause: {} })
      .stable(set().ready(stable))
      .candidate(set().ready(1))
      .stepping(1, { startedAt: before(90_000), mark: 1 })
      .remembers({
        weight: { desired: 50, observed: 50, changedAt: before(100_000) },
        outage: { since: before(80_000), response: { kind: 'withdrawn', at: before(1000) } },
      })
      .judged(FAILING);
    const { effects, next } = decided(withdrawn);
    const [ofStable] = withdrawn.build().sets;
    const sizes = effects.flatMap((effect) =>
      effect.kind === 'scaleSet'
        ? [[effect.set.uid === ofStable?.uid ? 'stable' : 'candidate', effect.to]]
        : [],
    );
    expect(sizes).toEqual(want);
    expect(next.weight.desired).toBe(0);
  });
});

describe('when stable is well again', () => {
  it('a release that was held goes on where it stood: no time has passed', () => {
    const held = paused({ failingForMs: 300_000, raisedBeforeMs: 200_000 }).judged(CALM);
    const { next, reason, wakeAt } = decided(held);
    expect(reason).toBe('PauseStep');
    expect(next.outage).toBeUndefined();
    // Ten of the thirty seconds had passed when it began.
    expect(wakeAt).toBe(after(NOW, 20_000));
  });

  it('a release waits until stable is calm, so that no flicker moves anything', () => {
    const uneasy = paused({ failingForMs: 40_000 }).judged({ ...CALM, stableHealth: 'uneasy' });
    expect(decided(uneasy)).toMatchObject({ phase: 'Paused', reason: 'SharedOutage' });
  });

  it('soon after the withdrawal, the candidate is taken back', () => {
    const at = before(RECOVERY_WITHIN_MS);
    const withdrawn = paused({ failingForMs: 200_000, response: { kind: 'withdrawn', at } });
    const decision = decided(withdrawn.weighted(0).judged(CALM));
    expect(decision).toMatchObject({ reason: 'SharedHarm', next: { stage: { kind: 'RollingBack' } } });
    expect(decision.message).toMatch(/recovered 120 s after that was withdrawn/);
  });

  it('long after the withdrawal, the candidate gets its traffic back', () => {
    const at = before(RECOVERY_WITHIN_MS + 1);
    const withdrawn = paused({ failingForMs: 200_000, response: { kind: 'withdrawn', at } });
    const back = withdrawn.weighted(0).judged(CALM);
    expect(decided(back).next).toMatchObject({ stage: { kind: 'Stepping' } });
    expect(weights(back)).toEqual([25]);
  });
});

describe('a candidate that does better than a failing stable', () => {
  const failing = paused({ failingForMs: 5000 }).judged(WORSE);
  const rescuing = failing.spec({ checks: { scrape: {}, rescue: 'allow' } });

  it('is promoted by nobody unless that is allowed', () => {
    expect(decided(failing)).toMatchObject({ phase: 'Paused', reason: 'StableWorse' });
  });

  it('gets everything at once where it is', () => {
    const { message, next } = decided(rescuing);
    expect(next).toMatchObject({ stage: { kind: 'Promoting' }, outage: { response: { kind: 'rescue' } } });
    expect(message).toMatch(/^stable is failing and the candidate does better/);
  });

  it('is held all the same by whoever paused it', () => {
    const held = rescuing.remembers({ pausedBy: { by: 'ann', at: instant(0) } });
    expect(decided(held)).toMatchObject({ phase: 'Paused', next: { stage: { kind: 'Stepping' } } });
  });

  it('is still taken back when it begins to fail itself', () => {
    const harmed = rescuing.judged({ ...WORSE, verdict: 'rollback', reason: 'EvidenceOfHarm' });
    expect(decided(harmed).next.stage.kind).toBe('RollingBack');
  });
});
