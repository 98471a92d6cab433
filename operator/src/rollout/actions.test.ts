import { describe, expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import type { ActionView } from './snapshot.ts';
import { release, set } from './testing/builders.ts';
import { NOW } from './testing/sets.ts';

const paused = release()
  .steps({ weight: 20 }, { pause: {} }, { weight: 50 })
  .stable(set().ready(8))
  .candidate(set().ready(2))
  .stepping(1, { mark: 2 })
  .remembers({ weight: { desired: 20, observed: 20 } });

const outcome = (
  builder: typeof paused,
  action: ActionView['action'],
  over: Partial<ActionView> = {},
) => {
  const { next } = decide(builder.action(action, over).build(), NOW);
  const [told] = next.finished;
  return { next, phase: told?.phase, message: told?.message };
};

describe('an action', () => {
  it.each([
    {
      what: 'of another revision',
      over: { revision: 9 },
      message: 'revision 7 is being released, not 9',
    },
    { what: 'of another step', over: { step: 2 }, message: 'the release is at step 1, not 2' },
  ])('$what is Expired and changes nothing', ({ over, message }) => {
    const told = outcome(paused, 'promote', over);
    expect(told).toMatchObject({ phase: 'Expired', message });
    expect(told.next.stage).toMatchObject({
      kind: 'Stepping',
      step: { index: 1, isPromoted: false },
    });
  });

  it('without a release under way is Expired', () => {
    expect(outcome(release().stable(set().ready(10)), 'abort')).toMatchObject({
      phase: 'Expired',
      message: 'no release is under way',
    });
  });

  it('is remembered first, and written to the action at the next look, applied once', () => {
    const first = decide(paused.action('promote').build(), NOW);
    expect(first.effects.filter(({ kind }) => kind === 'finishAction')).toEqual([]);
    const { state } = { state: first.next };
    const second = decide({ ...paused.action('promote').build(), state }, NOW);
    expect(second.effects).toContainEqual({
      kind: 'finishAction',
      action: 'action-1',
      phase: 'Applied',
      message: 'ann passed step 1',
    });
    expect(second.next.finished).toEqual(first.next.finished);
    expect(second.next.stage).toMatchObject({ step: { index: 2, isPromoted: false } });
  });

  it('of the same name that somebody made again is another one', () => {
    const { next } = decide(paused.action('pause').build(), NOW);
    const again = { ...paused.action('resume', { uid: 'another' }).build(), state: next };
    expect(decide(again, NOW).next.pausedBy).toBeUndefined();
  });
});

describe('promote', () => {
  it('passes a pause', () => {
    expect(outcome(paused, 'promote').next.stage).toMatchObject({
      kind: 'Stepping',
      step: { index: 2 },
    });
  });

  it('passes a verify step that lacks requests', () => {
    const verifying = paused
      .steps({ weight: 20 }, { verify: {} }, { weight: 50 })
      .stepping(1, { mark: 2 })
      .judged({});
    expect(outcome(verifying, 'promote').next.stage).toMatchObject({ step: { index: 2 } });
  });

  it('does not pass a weight step', () => {
    expect(outcome(paused.stepping(0, { mark: 2 }), 'promote')).toMatchObject({
      phase: 'Rejected',
    });
  });

  it('does not pass evidence against the candidate', () => {
    expect(outcome(paused.judged({ verdict: 'rollback' }), 'promote').next.stage.kind).toBe(
      'RollingBack',
    );
  });

  it('resumes what was paused', () => {
    const held = paused.remembers({ pausedBy: { by: 'bob', at: NOW } });
    expect(outcome(held, 'promote').next.pausedBy).toBeUndefined();
  });
});

describe('pause and resume', () => {
  it('hold the release, with the name of who did it, and let it go', () => {
    const { next } = outcome(paused, 'pause', { reason: 'lunch' });
    expect(next.pausedBy).toEqual({ by: 'ann', at: NOW, reason: 'lunch' });
    const decision = decide({ ...paused.build(), state: next }, NOW);
    expect(decision).toMatchObject({ phase: 'Paused', reason: 'PausedByAction' });
    expect(
      outcome(paused.remembers({ pausedBy: { by: 'ann', at: NOW } }), 'resume').next.pausedBy,
    ).toBeUndefined();
  });

  it('of a release that is not paused is Rejected', () => {
    expect(outcome(paused, 'resume')).toMatchObject({ phase: 'Rejected' });
  });
});

describe('abort', () => {
  it('takes the candidate back in the same decision, and says who wanted it', () => {
    const { next, phase } = outcome(paused, 'abort', { reason: 'smells' });
    expect(phase).toBe('Applied');
    expect(next.stage).toMatchObject({
      kind: 'RollingBack',
      cause: {
        reason: 'AbortedByUser',
        outcome: 'undone',
        by: 'ann',
        message: 'aborted by ann: smells',
      },
    });
  });
});

describe('retry', () => {
  const refused = release()
    .stable(set().ready(10))
    .candidate(set().outcome('failed', 'ChecksFailed'))
    .rolledBack();

  it('starts the refused revision again from its first step', () => {
    const { next, phase } = outcome(refused, 'retry');
    expect(phase).toBe('Applied');
    expect(next.stage).toMatchObject({ kind: 'Stepping', step: { index: 0 } });
  });

  it.each([
    { what: 'another revision', builder: refused, over: { revision: 5 }, want: 'Expired' },
    {
      what: 'a revision that is not refused',
      builder: release().stable(set().ready(10)),
      over: { revision: 6 },
      want: 'Rejected',
    },
    {
      what: 'a rollback that is not finished',
      builder: refused.rollingBack(),
      over: {},
      want: 'Rejected',
    },
  ])('of $what is $want', ({ builder, over, want }) => {
    expect(outcome(builder, 'retry', over).phase).toBe(want);
  });

  it('starts again what was taken back before its set was made', () => {
    const unmade = release()
      .stable(set().ready(10))
      .wants({ hash: 'new' })
      .rolledBack({ outcome: 'undone', reason: 'AbortedByUser' })
      .remembers({ candidate: { revision: 7, hash: 'new', setName: 'shop-r7-new', images: [] } });
    expect(decide(unmade.build(), NOW)).toMatchObject({ phase: 'RolledBack', effects: [] });
    expect(outcome(unmade, 'retry').next.stage.kind).toBe('Stepping');
  });
});
