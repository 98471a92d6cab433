import { describe, expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { release, set } from './testing/builders.ts';
import { NOW } from './testing/sets.ts';

const shared = release().surge(2).stable(set().ready(5)).candidate(set().ready(5)).rollingBack();
const routed = release().surge(2).stable(set().ready(10)).candidate(set().ready(5)).rollingBack();
const effectsOf = (builder: typeof shared) => decide(builder.build(), NOW).effects;

describe('the way back by share of pods', () => {
  it('grows stable at once, and keeps no more of what hurts than stable lacks for half', () => {
    expect(effectsOf(shared)).toMatchObject([
      { kind: 'scaleSet', set: { name: 'shop-r6' }, from: 5, to: 10 },
      {
        kind: 'scaleSet',
        set: { name: 'shop-r7' },
        from: 5,
        to: 0,
        mark: { outcome: 'failed', reason: 'ChecksFailed' },
      },
    ]);
    expect(effectsOf(shared.stable(set().ready(2).desired(10)))).toMatchObject([
      { set: { name: 'shop-r7' }, from: 5, to: 3 },
    ]);
  });

  it('leaves traffic with what answers while stable answers nothing', () => {
    const decision = decide(shared.stable(set().notReady(10)).build(), NOW);
    expect(decision).toMatchObject({ phase: 'Degraded', reason: 'StableUnavailable', effects: [] });
  });

  it('exchanges a healthy candidate within the bounds of the way forward', () => {
    const calm = shared.rollingBack({ outcome: 'superseded', reason: 'Superseded' });
    expect(effectsOf(calm)).toMatchObject([
      { kind: 'scaleSet', set: { name: 'shop-r6' }, from: 5, to: 7 },
    ]);
  });

  it('ends when no candidate pod is left, with its history', () => {
    const gone = shared.stable(set().ready(10)).candidate(set().outcome('failed', 'ChecksFailed'));
    const { effects, next, phase } = decide(gone.build(), NOW);
    expect({ effects, phase }).toEqual({ effects: [], phase: 'RolledBack' });
    expect(next.stage).toMatchObject({ kind: 'RolledBack' });
    expect(next.history[0]).toMatchObject({
      revision: 7,
      outcome: 'RolledBack',
      reason: 'ChecksFailed',
    });
  });

  it('does not end before the set says that it failed', () => {
    const unmarked = shared.stable(set().ready(10)).candidate(set());
    const { effects, next } = decide(unmarked.build(), NOW);
    expect(effects).toMatchObject([{ kind: 'markSet', mark: { outcome: 'failed' } }]);
    expect(next.stage.kind).toBe('RollingBack');
  });
});

describe('the way back behind a router', () => {
  it('takes the users first, and pods only when the route shows it', () => {
    expect(effectsOf(routed.weighted(50))).toEqual([{ kind: 'setWeight', weight: 0 }]);
    const settled = routed.weighted(0).remembers({ weight: { desired: 0, observed: 0 } });
    expect(effectsOf(settled)).toMatchObject([
      { kind: 'scaleSet', set: { name: 'shop-r7' }, from: 5, to: 0 },
    ]);
  });

  it('waits for the settle time before pods go', () => {
    const fresh = routed
      .weighted(0)
      .remembers({ weight: { desired: 0, observed: 50, changedAt: NOW } });
    const decision = decide(fresh.build(), NOW);
    expect(decision.effects).toEqual([]);
    expect(decision.wakeAt).toBeGreaterThan(NOW);
  });

  it('names stable in its Service before users are sent there', () => {
    const misled = routed.weighted(50, {
      stable: { exists: true, isCurrent: true, hash: 'hash7', readyPods: [] },
    });
    expect(effectsOf(misled)).toEqual([
      { kind: 'pointService', role: 'stable', hash: 'hash6' },
      { kind: 'setWeight', weight: 0 },
    ]);
  });

  it('leaves traffic with what answers while stable answers nothing', () => {
    expect(effectsOf(routed.stable(set().notReady(10)).weighted(50))).toEqual([]);
  });
});

describe('a version that is merely not wanted any more', () => {
  it('is no failure: the next release begins from a fresh look', () => {
    const gone = shared
      .stable(set().ready(10))
      .candidate(set().outcome('superseded'))
      .rollingBack({ outcome: 'superseded', reason: 'Undone' });
    const { next, wakeAt } = decide(gone.build(), NOW);
    expect(next.stage).toEqual({ kind: 'Idle' });
    expect(next.candidate).toBeUndefined();
    expect(next.history[0]).toMatchObject({ outcome: 'Undone' });
    expect(wakeAt).toBe(NOW);
  });
});
