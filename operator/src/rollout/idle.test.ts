import { describe, expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { release, set } from './testing/builders.ts';
import { NOW } from './testing/sets.ts';

const calm = release().stable(set().ready(10));
const effectsOf = (builder: typeof calm) => decide(builder.build(), NOW).effects;

describe('at rest', () => {
  it.each([
    ['by share of pods', calm],
    ['behind a router', calm.weighted(0)],
  ])('nothing is written %s', (_how, builder) => {
    expect(decide(builder.build(), NOW)).toMatchObject({
      effects: [],
      phase: 'Healthy',
      reason: 'UpToDate',
    });
    expect(decide(builder.build(), NOW).wakeAt).toBeUndefined();
  });

  it('stable follows its replicas', () => {
    expect(effectsOf(calm.replicas(12))).toMatchObject([{ kind: 'scaleSet', from: 10, to: 12 }]);
    expect(effectsOf(calm.replicas(0))).toMatchObject([{ kind: 'scaleSet', from: 10, to: 0 }]);
  });

  it('a weight that somebody set is taken back', () => {
    expect(effectsOf(calm.weighted(30))).toEqual([{ kind: 'setWeight', weight: 0 }]);
  });

  it('missing Services and a missing route are made', () => {
    const bare = { exists: false, isCurrent: false, readyPods: [] };
    expect(effectsOf(calm.weighted(undefined, { stable: bare, canary: bare }))).toEqual([
      { kind: 'pointService', role: 'stable', hash: 'hash6' },
      { kind: 'pointService', role: 'canary', hash: 'hash6' },
      { kind: 'setWeight', weight: 0 },
    ]);
  });

  it('a stable set that lost its mark gets it again', () => {
    expect(effectsOf(calm.stable(set().ready(10).outcome('candidate')))).toMatchObject([
      { kind: 'markSet', mark: { outcome: 'stable' } },
    ]);
  });

  it('sets beyond the history limit go, the oldest first', () => {
    const old = [1, 2, 3, 4].reduce(
      (builder) => builder.old(set()),
      calm.spec({ revisionHistoryLimit: 2 }),
    );
    expect(effectsOf(old)).toMatchObject([
      { kind: 'deleteSet', set: { name: 'shop-r2' } },
      { kind: 'deleteSet', set: { name: 'shop-r1' } },
    ]);
  });

  it('says so when stable answers nothing, or too little', () => {
    expect(decide(calm.stable(set().notReady(10)).build(), NOW)).toMatchObject({
      phase: 'Degraded',
      reason: 'StableUnavailable',
    });
    expect(decide(calm.stable(set().ready(5).notReady(5)).build(), NOW)).toMatchObject({
      phase: 'Progressing',
      reason: 'Scaling',
    });
  });
});

describe('a version that failed', () => {
  const refused = calm.candidate(set().outcome('failed', 'ChecksFailed')).rolledBack();

  it('is refused, and nothing is written', () => {
    expect(decide(refused.build(), NOW)).toMatchObject({
      phase: 'RolledBack',
      reason: 'ChecksFailed',
      effects: [],
    });
  });

  it.each([
    ['other replicas', refused.replicas(12)],
    ['other steps', refused.canary(1, 2, 3)],
    ['a pause', refused.spec({ paused: true })],
    ['other checks', refused.judged({})],
    [
      'a router',
      refused.weighted(0, {
        canary: { exists: true, isCurrent: true, hash: 'hash7', readyPods: [] },
      }),
    ],
  ])('stays refused with %s', (_what, builder) => {
    const { next, effects } = decide(builder.build(), NOW);
    expect(next.stage.kind).toBe('RolledBack');
    expect(
      effects.filter((effect) => effect.kind === 'scaleSet' && effect.set.name === 'shop-r7'),
    ).toEqual([]);
  });

  it('stays refused when the status is lost', () => {
    expect(decide(refused.forgets().build(), NOW)).toMatchObject({
      phase: 'RolledBack',
      reason: 'ChecksFailed',
    });
  });

  it('keeps Services and route in order meanwhile', () => {
    const stale = refused.weighted(0);
    const view = stale.build().traffic;
    if (view.kind !== 'weighted') throw new Error('not weighted');
    const edited = refused.weighted(0, { route: { ...view.route, isCurrent: false } });
    expect(decide(edited.build(), NOW).effects).toContainEqual({ kind: 'setWeight', weight: 0 });
  });

  it('may be tried again once another one was asked for in between', () => {
    const back = refused.wants('stable');
    expect(decide(back.build(), NOW).effects).toContainEqual({
      kind: 'markSet',
      set: { name: 'shop-r7', uid: 'uid-7' },
      mark: { outcome: 'superseded', reason: 'Superseded' },
    });
    const lifted = calm.candidate(set().outcome('superseded')).remembers({});
    expect(
      decide({ ...lifted.build(), state: decide(back.build(), NOW).next }, NOW).next.stage.kind,
    ).toBe('Stepping');
  });
});

describe('a lost status', () => {
  it('goes on from the share that whole pods show, and skips nothing that may not have been passed', () => {
    const lost = release()
      .steps({ weight: 20 }, { verify: {} }, { weight: 50 })
      .replicas(2)
      .stable(set().ready(1))
      .candidate(set().ready(1))
      .forgets();
    expect(decide(lost.build(), NOW).next.stage).toMatchObject({
      kind: 'Stepping',
      step: { index: 1 },
    });
    const far = lost.replicas(10).stable(set().ready(5)).candidate(set().ready(5));
    expect(decide(far.build(), NOW).next.stage.kind).toBe('Promoting');
  });

  it('finds stable by the Service that names it', () => {
    const lost = calm.candidate(set().ready(2)).weighted(20).forgets();
    expect(decide(lost.build(), NOW).next.stable?.revision).toBe(6);
  });

  it('finds stable by its mark, else by what serves', () => {
    expect(decide(calm.forgets().build(), NOW).next.stable?.revision).toBe(6);
    expect(
      decide(calm.stable(set().ready(10).outcome('superseded')).forgets().build(), NOW).next.stable
        ?.revision,
    ).toBe(6);
  });
});
