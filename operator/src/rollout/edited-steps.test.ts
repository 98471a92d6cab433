// Steps that are edited while a release is under way.
import { describe, expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { stateOf } from './state-codec.ts';
import { statusOf } from './status.ts';
import { release, set } from './testing/builders.ts';
import { NOW, at } from './testing/sets.ts';

const TENTH = release()
  .stable(set().ready(9))
  .candidate(set().ready(1))
  .remembers({ weight: { desired: 10, observed: 10 } });
const LONG_AGO = { mark: 1, startedAt: at(-900), markedAt: at(-900) };

describe('a release at 10 %', () => {
  it('does not take the end of a shortened list for its own end', () => {
    const edited = TENTH.steps({ weight: 10 }, { pause: {} }, { weight: 10 }, { pause: {} })
      .stepping(3, LONG_AGO)
      .steps({ weight: 10 }, { pause: {} });
    const decision = decide(edited.build(), NOW);
    expect(decision).toMatchObject({ reason: 'PauseStep', effects: [] });
    expect(decision.next.stage).toMatchObject({ kind: 'Stepping', step: { index: 1 } });
  });

  it.each([
    ['another kind', { verify: { seconds: 60 } }],
    ['the same kind behind a higher weight', { pause: { seconds: 60 } }],
  ])('begins a step of %s anew', (name, step) => {
    const weight = name === 'another kind' ? 10 : 50;
    const edited = TENTH.steps({ weight: 10 }, { pause: {} })
      .stepping(1, LONG_AGO)
      .steps({ weight }, step, { weight: 90 });
    const { stage, weight: reached } = decide(edited.build(), NOW).next;
    expect(stage).toMatchObject({ kind: 'Stepping', step: { startedAt: NOW } });
    expect(reached.desired).toBe(weight);
  });

  it('stays where it is when nothing before it was edited', () => {
    const edited = TENTH.steps({ weight: 10 }, { pause: {} })
      .stepping(1, LONG_AGO)
      .steps({ weight: 10 }, { pause: {} }, { weight: 30 });
    const { stage } = decide(edited.build(), NOW).next;
    expect(stage).toMatchObject({ step: { index: 1, startedAt: at(-900) } });
  });
});

it('a promotion goes on when steps are added behind the last', () => {
  const edited = release()
    .canary(50)
    .stable(set().ready(5))
    .candidate(set().ready(5))
    .promoting({ mark: 5 })
    .remembers({ weight: { desired: 100, observed: 50 } })
    .canary(50, 60, 70);
  expect(decide(edited.build(), NOW)).toMatchObject({
    reason: 'Promoting',
    next: { stage: { kind: 'Promoting', step: { index: 3 } } },
  });
});

it('a specification that became invalid makes nobody forget the step or its evidence', () => {
  const snapshot = TENTH.steps({ weight: 10 }, { pause: {} }).stepping(1).build();
  const extras = { selector: '', controllerEpoch: 1 };
  const tell = (seen: typeof snapshot, previous = {}) =>
    statusOf({ snapshot: seen, decision: decide(seen, NOW), now: NOW }, previous, extras);
  const before = { ...tell(snapshot), analysis: { looks: 7 } };
  const spec = { kind: 'invalid' as const, violations: [] };
  const after = tell({ ...snapshot, release: { ...snapshot.release, spec } }, before);
  expect(stateOf(after).stage).toMatchObject({ kind: 'Stepping', step: { index: 1, kind: 'pause' } });
  expect(after.analysis).toEqual({ looks: 7 });
});

it('a held release gives up no pods for a lower weight before stable makes up for them', () => {
  const held = release()
    .stable(set().ready(5))
    .candidate(set().ready(9))
    .canary(9)
    .stepping(0, { mark: 9 })
    .spec({ paused: true });
  const { effects } = decide(held.build(), NOW);
  expect(effects).toContainEqual(expect.objectContaining({ from: 9, to: 5 }));
});
