import { describe, expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { release, set } from './testing/builders.ts';
import { NOW, at } from './testing/sets.ts';

const first = release().wants({ hash: 'new' });
const rising = (candidate: ReturnType<typeof set>) => release().candidate(candidate).stepping(2);

describe('a first version', () => {
  it('goes up whole', () => {
    expect(decide(first.build(), NOW).effects).toEqual([
      { kind: 'createSet', revision: 1, hash: 'new', replicas: 10, outcome: 'candidate' },
    ]);
  });

  it('is stable when enough of its pods answer', () => {
    expect(decide(rising(set().ready(9).notReady(1)).build(), NOW).next.stable).toBeUndefined();
    const { effects, next, phase } = decide(rising(set().ready(10)).build(), NOW);
    expect({ phase, stage: next.stage.kind, stable: next.stable?.revision }).toEqual({
      phase: 'Healthy',
      stage: 'Idle',
      stable: 7,
    });
    expect(effects).toMatchObject([{ kind: 'markSet', mark: { outcome: 'stable' } }]);
  });

  it('without replicas is stable at once', () => {
    expect(decide(rising(set()).replicas(0).build(), NOW).next.stable?.revision).toBe(7);
  });

  it('that fails stays, since there is nothing to go back to', () => {
    const { effects, phase, reason } = decide(
      rising(set().troubled('ImageUnavailable').notReady(9)).build(),
      NOW,
    );
    expect({ phase, reason }).toEqual({ phase: 'Degraded', reason: 'FirstReleaseFailed' });
    expect(effects).toEqual([]);
  });

  it('that makes no progress is Degraded, and looked at no more often for it', () => {
    const late = rising(set().notReady(10)).stepping(2, {
      markedAt: at(-300),
      waitingSince: at(-300),
    });
    const decision = decide(late.build(), NOW);
    expect(decision).toMatchObject({ phase: 'Degraded', reason: 'FirstReleaseFailed' });
    expect(decision.wakeAt).toBeUndefined();
  });

  it('has its traffic ready before its pods are', () => {
    const bare = { exists: false, isCurrent: false, readyPods: [] };
    const routed = rising(set().notReady(10)).weighted(undefined, { stable: bare, canary: bare });
    expect(decide(routed.build(), NOW).effects).toEqual([
      { kind: 'pointService', role: 'stable', hash: 'hash7' },
      { kind: 'pointService', role: 'canary', hash: 'hash7' },
      { kind: 'setWeight', weight: 0 },
    ]);
  });
});

describe('another first version', () => {
  it('replaces one that answers nobody at once', () => {
    const { effects } = decide(first.old(set().outcome('candidate').notReady(10)).build(), NOW);
    expect(effects.map(({ kind }) => kind)).toEqual(['scaleSet', 'createSet']);
  });

  it('leaves the users with one that answers until it answers itself', () => {
    const old = rising(set().notReady(10)).old(set().outcome('candidate').ready(4).desired(10));
    expect(decide(old.build(), NOW).effects).toEqual([]);
    const { effects } = decide(old.candidate(set().ready(10)).build(), NOW);
    expect(effects).toMatchObject([
      { kind: 'markSet', set: { name: 'shop-r7' } },
      { kind: 'scaleSet', set: { name: 'shop-r1' }, to: 0 },
    ]);
  });
});

describe('a crash between the mark and the status of a first version', () => {
  it('is made good', () => {
    const marked = rising(set().ready(10).outcome('stable'));
    const { next, phase } = decide(marked.build(), NOW);
    expect({ phase, stable: next.stable?.revision, stage: next.stage.kind }).toEqual({
      phase: 'Healthy',
      stable: 7,
      stage: 'Idle',
    });
  });
});
