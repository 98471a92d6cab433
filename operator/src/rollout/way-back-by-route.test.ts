// The way back past a gateway that does not take the route.
import { describe, expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import type { RouteView } from './snapshot.ts';
import { release, set } from './testing/builders.ts';
import { NOW, at } from './testing/sets.ts';

const REFUSED: RouteView['acceptance'] = { kind: 'refused', message: 'no such parent' };
const PENDING: RouteView['acceptance'] = { kind: 'pending' };

const written = (acceptance: RouteView['acceptance'], changedAt = NOW) =>
  release()
    .stable(set().ready(10))
    .candidate(set().ready(2))
    .weighted(0, { route: { exists: true, isCurrent: true, weight: 0, acceptance } })
    .remembers({ weight: { desired: 0, observed: 20, changedAt } });

const ROWS = [
  { name: 'refuses', acceptance: REFUSED, wantSeconds: 3 },
  { name: 'does not answer', acceptance: PENDING, wantSeconds: 30 },
];

describe.each(ROWS)('a gateway that $name', ({ acceptance, wantSeconds }) => {
  it('keeps the candidate for a while', () => {
    const decision = decide(written(acceptance).rollingBack().build(), NOW);
    expect(decision).toMatchObject({ effects: [], wakeAt: at(wantSeconds) });
  });

  it('does not keep a rollback from its end', () => {
    const late = written(acceptance, at(-wantSeconds)).rollingBack().build();
    expect(decide(late, NOW).effects).toMatchObject([{ kind: 'scaleSet', from: 2, to: 0 }]);
    const gone = written(acceptance, at(-wantSeconds)).candidate(set().outcome('failed'));
    expect(decide(gone.rollingBack().build(), NOW).next.stage.kind).toBe('RolledBack');
  });

  it('does not keep a release from being handed back', () => {
    const deleted = written(acceptance, at(-wantSeconds)).release({ isDeleted: true }).deployment();
    expect(decide(deleted.stepping(0).build(), NOW).effects).toMatchObject([
      { kind: 'scaleSet', to: 0, mark: { outcome: 'undone' } },
    ]);
  });
});

it('says what the gateway has against the route', () => {
  const decision = decide(written(REFUSED).rollingBack().build(), NOW);
  expect(decision.message).toBe('too many errors; the gateway: no such parent');
});

it('a share for the candidate still waits for the gateway', () => {
  const forward = written(REFUSED, at(-600))
    .canary(20)
    .weighted(20, { route: { exists: true, isCurrent: true, weight: 20, acceptance: REFUSED } })
    .remembers({ weight: { desired: 20, observed: 0, changedAt: at(-600) } })
    .stepping(0, { mark: 2 });
  expect(decide(forward.build(), NOW)).toMatchObject({ reason: 'RouteNotAccepted', effects: [] });
});
