import { describe, expect, it } from '@jest/globals';
import type { Effect } from './decision.ts';
import { checkEffects } from './invariants.ts';
import type { Snapshot } from './snapshot.ts';
import { release, set } from './testing/builders.ts';
import { NOW } from './testing/sets.ts';

const scale = (revision: number, from: number, to: number): Effect => ({
  kind: 'scaleSet',
  set: { name: `shop-r${revision}`, uid: `uid-${revision}` },
  generation: 1,
  from,
  to,
});
const weigh = (weight: number): Effect => ({ kind: 'setWeight', weight });
const why = (snapshot: Snapshot, ...effects: Effect[]) =>
  checkEffects(snapshot, effects, NOW).dropped.map((one) => one.why);

const routed = release().stable(set().ready(10)).candidate(set().ready(5)).stepping(1).weighted(20);
const shared = release().stable(set().ready(8)).candidate(set().ready(2)).stepping(0);

describe('a weight', () => {
  it('may rise for a canary Service with ready pods', () => {
    expect(why(routed.build(), weigh(50))).toEqual([]);
  });

  it.each([-1, 101])('of %d is none', (weight) => {
    expect(why(routed.build(), weigh(weight))).toEqual([
      expect.stringContaining('no weight between 0 and 100'),
    ]);
  });

  it('may not rise for nobody', () => {
    const empty = routed.candidate(set().notReady(5));
    expect(why(empty.build(), weigh(50))).toEqual([expect.stringContaining('no ready pod')]);
    expect(why(empty.build(), weigh(10))).toEqual([]);
  });

  it.each(['failed', 'undone'] as const)('may not rise for a revision that is %s', (outcome) => {
    const refused = routed.candidate(set().ready(5).outcome(outcome));
    expect(why(refused.build(), weigh(50))).toEqual([expect.stringContaining('refused')]);
    expect(why(refused.build(), weigh(0))).toEqual([]);
  });
});

describe('a refused revision', () => {
  const refused = shared.candidate(set().ready(2).outcome('failed')).build();

  it('does not grow, and may shrink', () => {
    expect(why(refused, scale(7, 2, 3))).toEqual(['revision 7 is refused']);
    expect(why(refused, scale(7, 2, 0))).toEqual([]);
  });

  it('grows where the same decision tries it again', () => {
    const again: Effect = {
      kind: 'markSet',
      set: { name: 'shop-r7', uid: 'uid-7' },
      mark: { outcome: 'candidate', reason: 'ReleaseStarted' },
    };
    expect(why(refused, again, scale(7, 2, 3))).toEqual([]);
  });
});

describe('stable', () => {
  it('gives up pods while enough others are ready', () => {
    expect(why(shared.build(), scale(6, 8, 8))).toEqual([]);
    expect(why(shared.surge(1, 2).build(), scale(6, 8, 6))).toEqual([]);
  });

  it('gives up none below replicas - maxUnavailable', () => {
    expect(why(shared.build(), scale(6, 8, 7))).toEqual([
      expect.stringContaining('it would leave 9 ready pods of 10'),
    ]);
  });

  it('does not count pods of a refused revision as others', () => {
    const refused = shared.candidate(set().ready(2).outcome('failed'));
    expect(why(refused.surge(1, 2).build(), scale(6, 8, 7))).toEqual([
      expect.stringContaining('it would leave 7'),
    ]);
  });

  it('that is below its floor already may lose pods that are not ready', () => {
    const weak = release()
      .stable(set().ready(3).notReady(7))
      .candidate(set().ready(2))
      .stepping(0)
      .build();
    expect(why(weak, scale(6, 10, 4))).toEqual([]);
  });

  it('stays while its Service names it, until the route gives it nothing', () => {
    expect(why(routed.build(), scale(6, 10, 0))).toEqual([expect.any(String)]);
    const done = routed.replicas(5).weighted(100).promoting();
    expect(why(done.build(), scale(6, 10, 0))).toEqual([]);
  });
});

describe('a Service', () => {
  const point = (role: 'stable' | 'canary', hash: string): Effect => ({ kind: 'pointService', role, hash });

  it('turns from pods that answer only to pods that answer', () => {
    expect(why(routed.build(), point('stable', 'hash7'))).toEqual([]);
    const empty = routed.candidate(set().notReady(5));
    expect(why(empty.build(), point('stable', 'hash7'))).toEqual([expect.stringContaining('without ready pods')]);
    expect(why(empty.stable(set().notReady(10)).build(), point('stable', 'hash7'))).toEqual([]);
  });

  it('of the canary may turn to anybody while it carries nothing', () => {
    const next = release().stable(set().ready(10)).candidate(set().notReady(2)).stepping(0);
    const still = { canary: { exists: true, isCurrent: true, hash: 'hash6', readyPods: [] } };
    expect(why(next.weighted(0, still).build(), point('canary', 'hash7'))).toEqual([]);
    expect(why(next.weighted(10, still).build(), point('canary', 'hash7'))).toEqual([expect.any(String)]);
  });
});

describe('the canary', () => {
  it('stays while the route gives it weight', () => {
    expect(why(routed.build(), scale(7, 5, 0))).toEqual(['the route still gives it weight']);
    expect(why(routed.weighted(0).build(), scale(7, 5, 0))).toEqual([]);
  });
});

describe('of several effects', () => {
  it('only the forbidden ones are dropped, and the order stays', () => {
    const { allowed, dropped } = checkEffects(
      routed.build(),
      [weigh(0), scale(6, 10, 0), scale(7, 5, 4)],
      NOW,
    );
    expect(allowed).toEqual([weigh(0), scale(7, 5, 4)]);
    expect(dropped.map(({ effect }) => effect)).toEqual([scale(6, 10, 0)]);
  });
});
