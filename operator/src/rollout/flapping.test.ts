// Pods that lose readiness again and again: whose fault it is.
import { expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { release, set } from './testing/builders.ts';
import { NOW, at } from './testing/sets.ts';

const FLAPPING = release()
  .steps({ weight: 50 }, { pause: {} })
  .candidate(set().ready(5, { readinessLosses: 2 }))
  .stepping(1, { mark: 5 })
  .remembers({ weight: { desired: 50, observed: 50 } });

it.each([
  ['while stable does not', 0, 0],
  ['more than twice as often as stable', 0, 1],
])('a candidate that flaps %s is taken back', (_name, most, some) => {
  const stable = set().ready(4, { readinessLosses: most }).ready(1, { readinessLosses: some });
  const decision = decide(FLAPPING.stable(stable).build(), NOW);
  expect(decision.next.stage).toMatchObject({ cause: { reason: 'ReadinessFlapping' } });
});

it('an outage that both shared holds the release, and is looked at again', () => {
  const stable = set().ready(4, { readinessLosses: 2 }).ready(1);
  const decision = decide(FLAPPING.stable(stable).build(), NOW);
  expect(decision).toMatchObject({ phase: 'Paused', reason: 'SharedCause', wakeAt: at(60) });
});

it('evidence of errors is not hidden by an outage that both shared', () => {
  const shared = FLAPPING.stable(set().ready(5, { readinessLosses: 2 }));
  const decision = decide(shared.judged({ verdict: 'rollback' }).build(), NOW);
  expect(decision.next.stage.kind).toBe('RollingBack');
});
