// How long candidate pods may be missing before their release is taken back.
import { describe, expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { stateOf } from './state-codec.ts';
import { statusOf } from './status.ts';
import { release, set } from './testing/builders.ts';
import { NOW, at } from './testing/sets.ts';

/** Five candidate pods were complete 15 minutes ago; the deadline is 5 minutes. */
const PAUSED = release()
  .steps({ weight: 50 }, { pause: {} })
  .stable(set().ready(5))
  .stepping(1, { startedAt: at(-900), markedAt: at(-900), mark: 5 })
  .remembers({ weight: { desired: 50, observed: 50 } });

describe('a pause longer than the progress deadline', () => {
  it('gives a pod that becomes unready the grace of any other', () => {
    const decision = decide(PAUSED.candidate(set().ready(4).notReady(1)).build(), NOW);
    expect(decision).toMatchObject({ reason: 'ReadinessLost', wakeAt: at(60) });
    expect(decision.next.stage.kind).toBe('Stepping');
  });

  it('gives pods that an autoscaler adds the whole deadline', () => {
    const grown = PAUSED.replicas(20).stable(set().ready(10));
    const decision = decide(grown.candidate(set().ready(5).notReady(5)).build(), NOW);
    expect(decision.next.stage).toMatchObject({ kind: 'Stepping', step: { waitingSince: NOW } });
    expect(decision.wakeAt).toBe(at(300));
  });

  it('forgets that pods were missing when all are there', () => {
    const step = { startedAt: at(-900), markedAt: at(-900), mark: 5, waitingSince: at(-400) };
    const decision = decide(PAUSED.stepping(1, step).candidate(set().ready(5)).build(), NOW);
    const { stage } = decision.next;
    expect(stage.kind === 'Stepping' && 'waitingSince' in stage.step).toBe(false);
  });
});

describe('pods that stay missing', () => {
  const step = { startedAt: at(-900), markedAt: at(-900), mark: 5, waitingSince: at(-300) };
  const missing = PAUSED.replicas(20)
    .stable(set().ready(10))
    .candidate(set().ready(5).notReady(5))
    .stepping(1, step)
    .build();

  it('end the release when the deadline has passed since they were first missed', () => {
    expect(decide(missing, at(-1)).next.stage.kind).toBe('Stepping');
    expect(decide(missing, NOW)).toMatchObject({ reason: 'ProgressDeadlineExceeded' });
  });

  it('are remembered by status', () => {
    const decision = decide(missing, at(-1));
    const extras = { selector: '', controllerEpoch: 1 };
    const status = statusOf({ snapshot: missing, decision, now: at(-1) }, {}, extras);
    const { stage } = stateOf(status);
    expect(stage).toMatchObject({ kind: 'Stepping', step: { waitingSince: at(-300) } });
  });
});
