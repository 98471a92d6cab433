import { describe, expect, it } from '@jest/globals';
import type { AppReleaseStatus } from '../api/app-release-status.ts';
import { decide } from './decide.ts';
import type { Snapshot } from './snapshot.ts';
import { stateOf } from './state-codec.ts';
import { statusOf } from './status.ts';
import { release, set } from './testing/builders.ts';
import { NOW, at } from './testing/sets.ts';

const EXTRAS = { selector: 'app=shop', controllerEpoch: 3 };
const statusFor = (snapshot: Snapshot, previous: AppReleaseStatus = {}, now = NOW) =>
  statusOf({ snapshot, decision: decide(snapshot, now), now }, previous, EXTRAS);
const conditionsIn = ({ conditions = [] }: AppReleaseStatus) =>
  Object.fromEntries(conditions.map(({ type, status }) => [type, status]));

const calm = release().stable(set().ready(10));
const trying = release().stable(set().ready(8)).candidate(set().ready(2)).stepping(0, { mark: 2 });
const failed = release()
  .stable(set().ready(10))
  .candidate(set().outcome('failed', 'ChecksFailed'))
  .rolledBack();

describe('conditions, as Flux, Argo CD and kubectl wait read them', () => {
  it.each([
    {
      what: 'at rest',
      builder: calm,
      want: {
        Ready: 'True',
        Available: 'True',
        Reconciling: 'False',
        Stalled: 'False',
        Paused: 'False',
      },
    },
    {
      what: 'in the middle of a release',
      builder: trying,
      want: { Ready: 'False', Available: 'True', Reconciling: 'True', Stalled: 'False' },
    },
    {
      what: 'held',
      builder: trying.spec({ paused: true }),
      want: { Ready: 'False', Reconciling: 'True', Paused: 'True' },
    },
    {
      what: 'rolled back',
      builder: failed,
      want: { Ready: 'False', Available: 'True', Reconciling: 'False', Stalled: 'True' },
    },
    {
      what: 'without a ready pod',
      builder: release().stable(set().notReady(10)),
      want: { Ready: 'False', Available: 'False', Stalled: 'True' },
    },
    {
      what: 'blocked',
      builder: calm.release({ claimedBy: 'older' }),
      want: { Ready: 'False', Stalled: 'True' },
    },
  ])('$what', ({ builder, want }) => {
    expect(conditionsIn(statusFor(builder.build()))).toMatchObject(want);
  });

  it('keep the time of their last change while they say the same', () => {
    const first = statusFor(calm.build());
    const later = statusFor(calm.build(), first, at(60));
    expect(later).toEqual(first);
    const changed = statusFor(trying.build(), first, at(60)).conditions?.find(
      ({ type }) => type === 'Ready',
    );
    expect(changed).toMatchObject({
      status: 'False',
      lastTransitionTime: '2026-01-01T12:01:00.000Z',
    });
  });

  it.each([
    { name: 'ServiceBypassesRouter', builder: calm.weighted(0, { isBypassed: true }) },
    {
      name: 'ConfigNotSnapshotted',
      builder: calm.stable(set().ready(10).with({ isConfigLive: true })),
    },
    { name: 'Adopted', builder: calm.deployment() },
  ])('name what is special: $name', ({ name, builder }) => {
    expect(conditionsIn(statusFor(builder.build()))).toMatchObject({ [name]: 'True' });
  });

  it('name the manager that keeps the replicas of the Deployment', () => {
    const held = calm.deployment({
      paused: true,
      pausedByUs: true,
      replicas: 3,
      replicasOwners: ['kubectl'],
    });
    const adopted = statusFor(held.build()).conditions?.find(({ type }) => type === 'Adopted');
    expect(adopted).toMatchObject({ status: 'True', reason: 'ReplicasOwnedElsewhere' });
    expect(adopted?.message).toContain('kubectl owns spec.replicas');
  });

  it.each([
    { reason: 'MetricsNotRecognized' as const, want: 'False' },
    { reason: 'ScrapeFailed' as const, want: 'False' },
    { reason: undefined, want: 'True' },
  ])('say whether metrics are understood: $reason', ({ reason, want }) => {
    const judged = trying.judged({
      ...(reason ? { verdict: 'noData', reason } : {}),
      canary: { requests: 5, errors: 0 },
    });
    expect(conditionsIn(statusFor(judged.build()))).toMatchObject({ MetricsRecognized: want });
  });

  it.each(['GatewayNotPerBackend', 'GatewayUnavailable'] as const)(
    'say what is wrong with the gateway: %s',
    (reason) => {
      const trouble = { kind: 'trouble', reason, message: 'do this' } as const;
      const { conditions } = statusFor(trying.judged({ gateway: trouble }).build());
      expect(conditions?.find(({ type }) => type === 'GatewayCounted')).toMatchObject({
        status: 'False',
        reason,
        message: 'do this',
      });
    },
  );

  it('say that the gateway counts, and nothing of pods where it counts alone', () => {
    const alone = trying.judged({
      basis: 'gateway',
      gateway: { kind: 'counts' },
      canary: { requests: 5, errors: 0 },
    });
    const shown = conditionsIn(statusFor(alone.build()));
    expect(shown).toMatchObject({ GatewayCounted: 'True' });
    expect(shown).not.toHaveProperty('MetricsRecognized');
  });
});

describe('numbers', () => {
  it('count the pods of every revision, and those of the newest', () => {
    const status = statusFor(
      trying.stable(set().ready(7).notReady(1).ready(1, { isTerminating: true })).build(),
    );
    expect(status).toMatchObject({
      replicas: 10,
      readyReplicas: 9,
      updatedReplicas: 2,
      selector: 'app=shop',
      controllerEpoch: 3,
    });
  });

  it('of the last verdict stay while nothing is tried', () => {
    const judged = trying.judged({ evidence: 0.123456, canary: { requests: 10, errors: 1 } });
    const during = statusFor(judged.build());
    expect(during.checks).toMatchObject([
      { name: 'overall', state: 'evidence', evidence: 0.123, canary: { requests: 10, errors: 1 } },
    ]);
    expect(statusFor(failed.build(), during).checks).toEqual(during.checks);
  });

  it('fit the schema: weights are whole, and lists have an end', () => {
    const images = Array.from({ length: 30 }, () => 'shop:1');
    const status = statusFor(
      trying
        .candidate(set().ready(2).with({ images }))
        .remembers({ weight: { desired: 33.33, observed: 33.33 } })
        .build(),
    );
    expect(Number.isInteger(status.weight?.observed)).toBe(true);
    expect(status.candidate?.images?.length).toBeLessThanOrEqual(20);
  });
});

describe('status and state', () => {
  it.each([
    ['at rest', calm],
    ['stepping', trying],
    ['in its grace', trying.candidate(set().troubled('ConfigError', 'mayPass').ready(1))],
    [
      'paused by a person',
      trying.remembers({ pausedBy: { by: 'ann', at: at(-5), reason: 'lunch' } }),
    ],
    ['rolling back', trying.judged({ verdict: 'rollback' })],
    ['rolled back', failed],
  ])('lead to each other: %s', (_what, builder) => {
    const snapshot = builder.build();
    const { next } = decide(snapshot, NOW);
    const stored = JSON.parse(JSON.stringify(statusFor(snapshot))) as AppReleaseStatus;
    expect(stateOf(stored)).toEqual(next);
  });

  it('a status that cannot be read is a new state that keeps the history', () => {
    const history = [
      {
        revision: 1,
        outcome: 'Promoted' as const,
        reason: 'Promoted',
        message: '',
        finishedAt: '2026-01-01T00:00:00.000Z',
      },
    ];
    expect(stateOf({ stage: 'Dancing', history })).toMatchObject({
      stage: { kind: 'Idle' },
      history,
    });
    expect(stateOf({ stage: 'Stepping' }).stage.kind).toBe('Idle');
    expect(
      stateOf({
        stage: 'RolledBack',
        rollback: { reason: 'Nonsense', message: '', at: '2026-01-01T00:00:00.000Z' },
      }).stage.kind,
    ).toBe('Idle');
  });
});
