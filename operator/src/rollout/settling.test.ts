// From when a weight of the route counts as in effect.
import { describe, expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { release, set } from './testing/builders.ts';
import { at } from './testing/sets.ts';
import type { RouteView } from './snapshot.ts';

const ACCEPTED: RouteView = { exists: true, isCurrent: true, weight: 20, acceptance: { kind: 'accepted' } };

const written = (route: RouteView) =>
  release()
    .steps({ weight: 20 }, { pause: {} })
    .stable(set().ready(10))
    .candidate(set().ready(2))
    .weighted(20, { route })
    .remembers({ weight: { desired: 20, observed: 0 } })
    .stepping(0)
    .build();

describe('a weight that was just written', () => {
  it('settles from the moment that the route itself names, and nothing is remembered of it', () => {
    const snapshot = written({ ...ACCEPTED, weightSetAt: at(-1) });
    const early = decide(snapshot, at(0));
    expect(early.next.weight).toEqual({ desired: 20, observed: 0 });
    expect(early.wakeAt).toBe(at(2));
    expect(decide(snapshot, at(2)).next.weight).toEqual({ desired: 20, observed: 20 });
  });

  it('settles from when it was first seen where the route names no moment', () => {
    const early = decide(written(ACCEPTED), at(0));
    expect(early.next.weight).toEqual({ desired: 20, observed: 0, changedAt: at(0) });
    expect(early.wakeAt).toBe(at(3));
  });
});
