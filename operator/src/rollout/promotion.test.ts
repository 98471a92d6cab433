import { describe, expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { release, set } from './testing/builders.ts';
import { NOW } from './testing/sets.ts';

const done = release()
  .canary(50)
  .replicas(4)
  .surge(4)
  .stable(set().ready(4))
  .candidate(set().ready(4))
  .promoting({ mark: 4 });
const settled = { weight: { desired: 100, observed: 100 } };

describe('the end of a release by share of pods', () => {
  it('marks the candidate stable once it is alone', () => {
    const { effects, next, phase } = decide(
      done
        .stable(set())
        .remembers({ weight: { desired: 100, observed: 50 } })
        .build(),
      NOW,
    );
    expect(phase).toBe('Healthy');
    expect(effects).toContainEqual({
      kind: 'markSet',
      set: { name: 'shop-r7', uid: 'uid-7' },
      mark: { outcome: 'stable', reason: 'Promoted' },
    });
    expect(next).toMatchObject({
      stable: { revision: 7 },
      stage: { kind: 'Idle' },
      weight: { desired: 0, observed: 0 },
    });
    expect(next.candidate).toBeUndefined();
    expect(next.history[0]).toMatchObject({ revision: 7, outcome: 'Promoted' });
  });

  it('waits while the old one still has pods', () => {
    const decision = decide(done.build(), NOW);
    expect(decision).toMatchObject({
      phase: 'Progressing',
      reason: 'Promoting',
      next: { stage: { kind: 'Promoting' } },
    });
    expect(decision.effects).toMatchObject([{ kind: 'scaleSet', set: { name: 'shop-r6' }, to: 0 }]);
  });
});

describe('the end of a release behind a router', () => {
  const routed = done.weighted(100);
  const view = routed.build().traffic;
  if (view.kind !== 'weighted') throw new Error('not weighted');

  it('points the stable Service at the new pods only when the weight of 100 is observed', () => {
    const written = routed.remembers({ weight: { desired: 100, observed: 50, changedAt: NOW } });
    expect(decide(written.build(), NOW).effects).toEqual([]);
    expect(decide(routed.remembers(settled).build(), NOW).effects).toEqual([
      { kind: 'pointService', role: 'stable', hash: 'hash7' },
    ]);
  });

  it('takes the weight back only when the stable Service has endpoints of the new pods', () => {
    const switched = (readyPods: readonly string[]) =>
      routed
        .weighted(100, { stable: { exists: true, isCurrent: true, hash: 'hash7', readyPods } })
        .remembers(settled);
    expect(
      decide(switched(['shop-r6-0', 'shop-r6-1', 'shop-r6-2', 'shop-r6-3']).build(), NOW).effects,
    ).toEqual([]);
    expect(
      decide(switched(['shop-r7-0', 'shop-r7-1', 'shop-r7-2', 'shop-r7-3']).build(), NOW).effects,
    ).toEqual([{ kind: 'setWeight', weight: 0 }]);
  });

  it('lets the old set go when the weight of 0 is observed, and is not held by a pause any more', () => {
    const last = routed
      .weighted(0, { stable: view.canary })
      .spec({ paused: true })
      .remembers({ weight: { desired: 0, observed: 100, changedAt: NOW } });
    const waiting = decide(last.build(), NOW);
    expect(waiting).toMatchObject({ reason: 'Promoting', effects: [] });
    expect(waiting.wakeAt).toBeGreaterThan(NOW);
    const end = decide({ ...last.build(), state: waiting.next }, waiting.wakeAt ?? NOW);
    expect(end.effects).toContainEqual({
      kind: 'scaleSet',
      set: { name: 'shop-r6', uid: 'uid-6' },
      generation: 1,
      from: 4,
      to: 0,
      mark: { outcome: 'superseded', reason: 'Promoted' },
    });
  });

  it('goes back to the old pods when the new ones fail in the middle of it', () => {
    const failing = routed
      .candidate(set().troubled('ImageUnavailable').ready(3))
      .weighted(100, { stable: view.canary })
      .remembers(settled);
    expect(decide(failing.build(), NOW).effects).toEqual(
      expect.arrayContaining([
        { kind: 'pointService', role: 'stable', hash: 'hash6' },
        { kind: 'setWeight', weight: 0 },
      ]),
    );
  });
});

describe('a release without replicas', () => {
  it.each([
    ['by share of pods', done],
    ['behind a router', done.weighted(0)],
  ])('%s is finished without pods and without a weight', (_how, builder) => {
    const empty = builder.replicas(0).stable(set()).candidate(set()).canary(50).stepping(0);
    const { effects, next } = decide(empty.build(), NOW);
    expect(effects.filter((effect) => effect.kind === 'setWeight' && effect.weight > 0)).toEqual(
      [],
    );
    expect(['Promoting', 'Idle']).toContain(next.stage.kind);
  });
});
