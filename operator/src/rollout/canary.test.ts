import { describe, expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { checkEffects } from './invariants.ts';
import type { Snapshot } from './snapshot.ts';
import { release, set } from './testing/builders.ts';
import { NOW, at } from './testing/sets.ts';

const scaled = (snapshot: Snapshot, now = NOW) => {
  const { effects } = decide(snapshot, now);
  return Object.fromEntries(
    checkEffects(snapshot, effects, now).allowed.flatMap((effect) =>
      effect.kind === 'scaleSet' ? [[effect.set.name, effect.to]] : [],
    ),
  );
};
const weightIn = (snapshot: Snapshot) =>
  decide(snapshot, NOW).effects.flatMap((effect) =>
    effect.kind === 'setWeight' ? [effect.weight] : [],
  );

const shared = release()
  .surge(1)
  .stable(set().ready(8))
  .candidate(set().ready(2))
  .remembers({ weight: { desired: 20, observed: 20 } });
const routed = release().surge(2).stable(set().ready(10)).candidate(set().ready(2));

describe('a new version', () => {
  it('begins with the pods that its first step may start with', () => {
    const { effects, next } = decide(
      release().surge(1).stable(set().ready(10)).wants({ hash: 'new' }).build(),
      NOW,
    );
    expect(effects).toContainEqual({
      kind: 'createSet',
      revision: 7,
      hash: 'new',
      replicas: 1,
      outcome: 'candidate',
    });
    expect(next).toMatchObject({
      stage: { kind: 'Stepping', step: { index: 0 } },
      candidate: { revision: 7, hash: 'new' },
      startedAt: NOW,
    });
  });

  it('waits for others of the same apply', () => {
    const soon = release().stable(set().ready(10)).wants({ hash: 'new' });
    const snapshot = { ...soon.build(), wanted: { hash: 'new', images: [], settledAt: at(2) } };
    expect(decide(snapshot, NOW)).toMatchObject({
      effects: [],
      wakeAt: at(2),
      reason: 'WaitingForConfig',
    });
  });

  it('that already has a set is given another number by nobody', () => {
    const again = release().stable(set().ready(10)).old(set()).wants({ revision: 1 });
    const { effects, next } = decide(again.build(), NOW);
    expect(next.candidate?.revision).toBe(1);
    expect(effects.some(({ kind }) => kind === 'createSet')).toBe(false);
  });
});

describe('a weight step by share of pods', () => {
  it('moves one pod at a time where one may surge', () => {
    const begun = shared.stable(set().ready(10)).candidate(set().ready(1)).stepping(0, { mark: 1 });
    expect(scaled(begun.build())).toEqual({ 'shop-r6': 9 });
  });

  it('passes when the pods show it, and asks for what the next one needs', () => {
    const { next } = decide(shared.stepping(0, { mark: 2 }).build(), NOW);
    expect(next.stage).toMatchObject({ kind: 'Stepping', step: { index: 1 } });
    expect(scaled(shared.stepping(0, { mark: 2 }).build())).toEqual({ 'shop-r7': 3 });
  });

  it('does not pass because something was written', () => {
    const asked = shared.candidate(set().notReady(2)).stepping(0);
    expect(decide(asked.build(), NOW).next.stage).toMatchObject({ step: { index: 0 } });
  });

  it('waits for minReadySeconds, and wakes up then', () => {
    const fresh = shared
      .spec({ minReadySeconds: 10 })
      .candidate(set().ready(2, { readyChangedAt: at(-4) }))
      .stepping(0);
    expect(decide(fresh.build(), NOW)).toMatchObject({
      wakeAt: at(6),
      next: { stage: { step: { index: 0 } } },
    });
  });
});

describe('a weight step behind a router', () => {
  it('writes the weight once the pods answer behind the canary Service', () => {
    expect(weightIn(routed.weighted(0).stepping(0, { mark: 2 }).build())).toEqual([20]);
  });

  it('does not while pods are missing', () => {
    expect(
      weightIn(routed.candidate(set().ready(1).notReady(1)).weighted(0).stepping(0).build()),
    ).toEqual([]);
  });

  it('does not while the canary Service has no endpoints yet', () => {
    const unseen = { canary: { exists: true, isCurrent: true, hash: 'hash7', readyPods: [] } };
    expect(weightIn(routed.weighted(0, unseen).stepping(0, { mark: 2 }).build())).toEqual([]);
  });

  it('counts as reached when the gateway accepted it and the settle time is over', () => {
    const written = routed.weighted(20).stepping(0, { mark: 2 });
    const since = (seconds: number) =>
      written.remembers({ weight: { desired: 20, observed: 0, changedAt: at(-seconds) } });
    expect(decide(since(2).build(), NOW)).toMatchObject({
      wakeAt: at(1),
      next: { stage: { step: { index: 0 } } },
    });
    expect(decide(since(3).build(), NOW).next.stage).toMatchObject({ step: { index: 1 } });
  });

  it('is not reached while the gateway has not accepted it, however long that takes', () => {
    const view = routed.weighted(20).build().traffic;
    if (view.kind !== 'weighted') throw new Error('not weighted');
    const pending = routed
      .weighted(20, { route: { ...view.route, acceptance: { kind: 'pending' } } })
      .stepping(0, { mark: 2 })
      .remembers({ weight: { desired: 20, observed: 0, changedAt: at(-100) } });
    expect(decide(pending.build(), NOW).next.stage).toMatchObject({ step: { index: 0 } });
  });

  it('is restored when somebody resets it, and told truly meanwhile', () => {
    const reset = routed
      .weighted(0)
      .steps({ weight: 20 }, { pause: {} })
      .stepping(1, { mark: 2 })
      .remembers({ weight: { desired: 20, observed: 20 } });
    expect(weightIn(reset.build())).toEqual([20]);
    expect(decide(reset.build(), NOW).next.weight).toMatchObject({ desired: 20, observed: 0 });
  });
});

describe('a pause', () => {
  const held = shared.steps({ weight: 20 }, { pause: {} });

  it('holds until somebody promotes', () => {
    const decision = decide(held.stepping(1, { mark: 2, startedAt: at(-100_000) }).build(), NOW);
    expect(decision).toMatchObject({ phase: 'Paused', reason: 'PauseStep', effects: [] });
    expect(decision.wakeAt).toBeUndefined();
  });

  it('of some seconds goes on by itself then', () => {
    const timed = shared.steps({ weight: 20 }, { pause: { seconds: 30 } }, { weight: 50 });
    const since = (seconds: number) =>
      timed.stepping(1, { mark: 2, startedAt: at(-seconds) }).build();
    expect(decide(since(29), NOW)).toMatchObject({ phase: 'Paused', wakeAt: at(1) });
    expect(decide(since(30), NOW).next.stage).toMatchObject({ step: { index: 2, startedAt: NOW } });
  });
});

describe('a verify step', () => {
  const verify = (over: object = {}) =>
    shared.steps(
      { weight: 20 },
      { verify: { seconds: 60, requests: 100, deadlineSeconds: 600, ...over } },
      { weight: 50 },
    );
  const after = (seconds: number, requests: number, over: object = {}) =>
    verify(over)
      .stepping(1, { mark: 2, startedAt: at(-seconds), requestsBefore: 50 })
      .judged({ canary: { requests: 50 + requests, errors: 0 } });

  it.each([
    { what: 'the time is not over', builder: after(59, 100), want: 1 },
    { what: 'too few requests were counted in it', builder: after(60, 99), want: 1 },
    { what: 'time and requests are enough', builder: after(60, 100), want: 2 },
    {
      what: 'the verdict is to hold',
      builder: after(60, 100).judged({ verdict: 'hold', canary: { requests: 150, errors: 0 } }),
      want: 1,
    },
    { what: 'there is no data', builder: after(60, 0).judged({ verdict: 'noData' }), want: 1 },
    {
      what: 'the deadline is over and says promote',
      builder: after(600, 0, { onDeadline: 'promote' }),
      want: 2,
    },
  ])('is at step $want when $what', ({ builder, want }) => {
    expect(decide(builder.build(), NOW).next.stage).toMatchObject({ step: { index: want } });
  });

  it('holds at the deadline', () => {
    expect(decide(after(600, 10).build(), NOW)).toMatchObject({
      phase: 'Paused',
      reason: 'NoEvidence',
    });
  });

  it('rolls back at the deadline where the author says so', () => {
    const decision = decide(after(600, 10, { onDeadline: 'rollback' }).build(), NOW);
    expect(decision).toMatchObject({
      reason: 'NoDataAtDeadline',
      next: { stage: { kind: 'RollingBack' } },
    });
    expect(decision.message).toContain('10 of 100 requests');
  });

  it.each([
    { what: 'it is not shown to be good enough', verdict: 'continue', seconds: 300, want: 1 },
    { what: 'it is shown before the time is over', verdict: 'promote', seconds: 59, want: 1 },
    { what: 'it is shown', verdict: 'promote', seconds: 60, want: 2 },
  ] as const)('that asks for evidence is at step $want when $what', ({ seconds, verdict, want }) => {
    const shown = after(seconds, 100, { until: 'evidence' }).judged({
      verdict,
      canary: { requests: 150, errors: 0 },
    });
    expect(decide(shown.build(), NOW).next.stage).toMatchObject({ step: { index: want } });
  });

  it('that asks for evidence says at its deadline that there was none', () => {
    const late = after(600, 200, { until: 'evidence', onDeadline: 'rollback' });
    expect(decide(late.build(), NOW).message).toContain(
      'not shown to be good enough within 600 s, after 200 requests',
    );
  });

  it('passes by time where only pods are judged, unless they are judged bad', () => {
    const pods = (verdict: 'continue' | 'rollback') =>
      after(60, 0).judged({ basis: 'pods', verdict, sentence: 'crashes' });
    expect(decide(pods('continue').build(), NOW).next.stage).toMatchObject({ step: { index: 2 } });
    expect(decide(pods('rollback').build(), NOW).next.stage.kind).toBe('RollingBack');
  });

  it.each([
    { counted: 99, want: 1 },
    { counted: 100, want: 2 },
  ])('waits for the requests that a gateway counts: $counted of 100', ({ counted, want }) => {
    const atGateway = after(60, 0).judged({
      basis: 'gateway',
      canary: { requests: 50 + counted, errors: 0 },
    });
    expect(decide(atGateway.build(), NOW).next.stage).toMatchObject({ step: { index: want } });
  });

  it('without a metrics source judges readiness for the time', () => {
    const blind = verify().stepping(1, { mark: 2, startedAt: at(-60) });
    expect(decide(blind.build(), NOW).next.stage).toMatchObject({ step: { index: 2 } });
  });
});

describe('what takes a candidate back', () => {
  it.each([
    {
      what: 'evidence',
      builder: shared.stepping(0, { mark: 2 }).judged({ verdict: 'rollback', sentence: 'errors' }),
      want: 'ChecksFailed',
    },
    {
      what: 'silence',
      builder: shared
        .stepping(0, { mark: 2 })
        .judged({ verdict: 'rollback', reason: 'CandidateSilent' }),
      want: 'CandidateSilent',
    },
    {
      what: 'an image that is not there',
      builder: shared.candidate(set().troubled('ImageUnavailable')).stepping(0),
      want: 'ImageUnavailable',
    },
    {
      what: 'no progress',
      builder: shared
        .candidate(set().notReady(2))
        .stepping(0, { markedAt: at(-300), waitingSince: at(-300) }),
      want: 'ProgressDeadlineExceeded',
    },
    {
      what: 'a trouble that did not pass',
      builder: shared
        .candidate(set().troubled('ConfigError', 'mayPass'))
        .stepping(0)
        .remembers({ grace: { reason: 'ConfigError', since: at(-60) } }),
      want: 'ConfigError',
    },
    {
      what: 'readiness that does not come back',
      builder: shared
        .candidate(set().ready(1).notReady(1))
        .stepping(0, { mark: 2 })
        .remembers({ grace: { reason: 'ReadinessLost', since: at(-60) } }),
      want: 'ReadinessLost',
    },
  ])('is $what', ({ builder, want }) => {
    const { next, reason } = decide(builder.build(), NOW);
    expect(reason).toBe(want);
    expect(next.stage).toMatchObject({ kind: 'RollingBack', cause: { outcome: 'failed' } });
  });

  it.each([
    ['paused by spec', shared.spec({ paused: true })],
    ['in a pause step', shared.steps({ weight: 20 }, { pause: {} })],
    [
      'held by a quota',
      shared.candidate(set().ready(2).desired(3).with({ creationFailure: 'quota' })),
    ],
  ])('is evidence also while it is %s', (_what, builder) => {
    const decision = decide(
      builder.stepping(0, { mark: 2 }).judged({ verdict: 'rollback' }).build(),
      NOW,
    );
    expect(decision.next.stage.kind).toBe('RollingBack');
  });

  it('is not the progress deadline where it is switched off', () => {
    const patient = shared
      .spec({ progressDeadlineSeconds: 0 })
      .candidate(set().notReady(2))
      .stepping(0, { markedAt: at(-99_999), waitingSince: at(-99_999) });
    expect(decide(patient.build(), NOW).next.stage.kind).toBe('Stepping');
  });
});

describe('the last words of a pod that crashed', () => {
  const lastWords = 'no such table: accounts';
  const crashed = set().ready(1).ready(1, { restarts: 3, readinessLosses: 3, lastWords });

  it('stand in the message of the rollback', () => {
    const flapping = shared.candidate(crashed).stepping(0, { mark: 2 });
    expect(decide(flapping.build(), NOW).message).toMatch(/; pod \S+ said last: no such table: accounts/);
    const judged = flapping.judged({ verdict: 'rollback', sentence: 'crashed 2 times' });
    expect(decide(judged.build(), NOW).message).toContain('said last: no such table');
  });
});

describe('a trouble that may pass', () => {
  it('takes users away at once when no candidate pod answers, and ends with the grace', () => {
    const lost = routed
      .candidate(set().notReady(2))
      .weighted(20)
      .stepping(0, { mark: 2 })
      .remembers({ weight: { desired: 20, observed: 20 } });
    const decision = decide(lost.build(), NOW);
    expect(weightIn(lost.build())).toEqual([0]);
    expect(decision).toMatchObject({
      reason: 'ReadinessLost',
      wakeAt: at(60),
      next: { grace: { reason: 'ReadinessLost', since: NOW } },
    });
  });

  it('is no trouble of the candidate where stable pods are not ready either', () => {
    const shared = (stable: number) =>
      routed
        .stable(set().ready(10 - stable).notReady(stable))
        .candidate(set().notReady(2))
        .weighted(20)
        .stepping(0, { mark: 2 })
        .remembers({
          weight: { desired: 20, observed: 20 },
          grace: { reason: 'ReadinessLost', since: at(-9000) },
        });
    expect(decide(shared(4).build(), NOW)).toMatchObject({ reason: 'ReadinessLost' });
    expect(decide(shared(5).build(), NOW)).toMatchObject({
      reason: 'SharedCause',
      phase: 'Paused',
      next: { stage: { kind: 'Stepping' } },
    });
  });

  it('does not begin anew when its name changes', () => {
    const other = shared
      .candidate(set().troubled('ConfigError', 'mayPass'))
      .stepping(0)
      .remembers({ grace: { reason: 'ImageUnavailable', since: at(-59) } });
    expect(decide(other.build(), NOW).next.grace).toEqual({
      reason: 'ConfigError',
      since: at(-59),
    });
  });

  it('that passed is forgotten, and its time is not held against the pods', () => {
    const passed = shared
      .candidate(set().ready(1).notReady(1))
      .stepping(0, { mark: 1, markedAt: at(-400), waitingSince: at(-400) })
      .remembers({ grace: { reason: 'QuotaExceeded', since: at(-400) } });
    const { next } = decide(passed.build(), NOW);
    expect(next.grace).toBeUndefined();
    expect(next.stage).toMatchObject({ kind: 'Stepping', step: { markedAt: NOW } });
  });
});

describe('a held release', () => {
  const held = shared.spec({ paused: true }).stepping(1, { mark: 2 });

  it('moves no pods and no step', () => {
    expect(decide(held.build(), NOW)).toMatchObject({
      phase: 'Paused',
      reason: 'PausedBySpec',
      effects: [],
    });
  });

  it('still follows its replicas', () => {
    expect(scaled(held.replicas(15).build())).toEqual({ 'shop-r6': 13 });
  });

  it('still restores its route', () => {
    const gone = routed
      .spec({ paused: true })
      .weighted(undefined)
      .stepping(0, { mark: 2 })
      .remembers({ weight: { desired: 20, observed: 20 } });
    expect(weightIn(gone.build())).toEqual([20]);
  });

  it('raises no weight that somebody lowered', () => {
    const lowered = routed
      .spec({ paused: true })
      .weighted(5)
      .stepping(0, { mark: 2 })
      .remembers({ weight: { desired: 20, observed: 20 } });
    expect(weightIn(lowered.build())).toEqual([]);
  });
});

describe('another version in the middle of a release', () => {
  it.each([
    { wants: { hash: 'newer' }, reason: 'Superseded' },
    { wants: 'stable' as const, reason: 'Undone' },
  ])('takes the candidate back calmly: $reason', ({ wants, reason }) => {
    const { next } = decide(shared.stepping(0, { mark: 2 }).wants(wants).build(), NOW);
    expect(next.stage).toMatchObject({
      kind: 'RollingBack',
      cause: { reason, outcome: 'superseded' },
    });
  });
});

describe('a candidate that was marked before its status was written', () => {
  it('is taken back, not grown again', () => {
    const { next, effects } = decide(
      shared.candidate(set().desired(0).outcome('failed', 'ChecksFailed')).stepping(0).build(),
      NOW,
    );
    expect(['RollingBack', 'RolledBack']).toContain(next.stage.kind);
    expect(
      effects.filter(
        (effect) =>
          effect.kind === 'scaleSet' && effect.to > effect.from && effect.set.name === 'shop-r7',
      ),
    ).toEqual([]);
  });
});
