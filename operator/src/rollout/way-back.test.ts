// Blocked in the middle of a release: what still has to be possible.
import { describe, expect, it } from '@jest/globals';
import { after } from '../lib/instant.ts';
import { decide } from './decide.ts';
import type { ReleaseView, Snapshot } from './snapshot.ts';
import { release, set } from './testing/builders.ts';
import { NOW } from './testing/sets.ts';

const HEALTHY = release()
  .canary(50)
  .surge(5)
  .stable(set().ready(10))
  .candidate(set().ready(5))
  .stepping(0, { mark: 5 })
  .remembers({ weight: { desired: 50, observed: 50 } });
const HURTING = HEALTHY.judged({ verdict: 'rollback', sentence: 'every answer is an error' });

const invalid = ({ release: { spec } }: Snapshot): ReleaseView['spec'] => ({
  kind: 'invalid',
  violations: [{ field: 'spec.checks', message: 'bad regex' }],
  ...(spec.kind === 'valid' ? { partial: spec.value } : {}),
});

const BLOCKS: Record<string, (snapshot: Snapshot) => Snapshot> = {
  'the Service was deleted': (snapshot) => ({
    ...snapshot,
    traffic: { kind: 'blocked', reason: 'ServiceNotFound', message: 'Service shop is gone' },
  }),
  'the Deployment was deleted': ({ wanted: _unknown, ...snapshot }) => ({
    ...snapshot,
    workload: { kind: 'missing', name: 'shop' },
  }),
  'the template is rejected': ({ wanted: _unknown, ...snapshot }) => ({
    ...snapshot,
    workload: { kind: 'template', rejection: 'no containers' },
  }),
  'another release has the claim': (snapshot) => ({
    ...snapshot,
    release: { ...snapshot.release, claimedBy: 'older' },
  }),
  'the specification became invalid': (snapshot) => ({
    ...snapshot,
    release: { ...snapshot.release, spec: invalid(snapshot) },
  }),
};

describe.each(Object.entries(BLOCKS))('%s', (_name, blockedBy) => {
  it('a healthy candidate is left where it is', () => {
    const decision = decide(blockedBy(HEALTHY.build()), NOW);
    expect(decision).toMatchObject({ phase: 'Blocked', effects: [] });
    expect(decision.next.stage.kind).toBe('Stepping');
  });

  it('evidence against the candidate takes it back', () => {
    const decision = decide(blockedBy(HURTING.build()), NOW);
    expect(decision.next.stage).toMatchObject({ kind: 'RollingBack' });
    expect(decision.effects).toContainEqual(
      expect.objectContaining({ kind: 'scaleSet', to: 0, set: { name: 'shop-r7', uid: 'uid-7' } }),
    );
  });

  it('an abort is applied, and answered', () => {
    const asked = HEALTHY.action('abort');
    const { next } = decide(blockedBy(asked.build()), NOW);
    expect(next.stage).toMatchObject({ kind: 'RollingBack', cause: { outcome: 'undone' } });
    const later = blockedBy({ ...asked.build(), state: next });
    expect(decide(later, NOW).effects).toContainEqual(
      expect.objectContaining({ kind: 'finishAction', phase: 'Applied' }),
    );
  });

  it('a way back that has begun is gone to its end', () => {
    const gone = HEALTHY.candidate(set().outcome('failed')).rollingBack();
    expect(decide(blockedBy(gone.build()), NOW).next.stage.kind).toBe('RolledBack');
  });
});

describe('a router that cannot be looked at', () => {
  const hidden = HURTING.weighted(50).traffic({
    kind: 'blocked',
    reason: 'RuleNotFound',
    message: 'no rule bears the name',
  });

  it('keeps the pods that users may still reach, and remembers to go back', () => {
    const decision = decide({ ...hidden.build(), evidence: HURTING.build().evidence }, NOW);
    expect(decision).toMatchObject({ phase: 'Blocked', reason: 'RuleNotFound', effects: [] });
    expect(decision.next.stage.kind).toBe('RollingBack');
    expect(decision.message).toContain('no rule bears the name');
  });
});

describe('a router that splits on without the Service of the application', () => {
  const routed = HURTING.weighted(50).build();
  const { traffic } = routed;
  const behind = traffic.kind === 'weighted' ? traffic : undefined;
  const gone = (weight: number): Snapshot => ({
    ...routed,
    traffic: {
      kind: 'blocked',
      reason: 'ServiceNotFound',
      message: 'Service shop is gone',
      ...(behind ? { behind: { ...behind, route: { ...behind.route, weight } } } : {}),
    },
  });

  it('takes the users from the candidate first', () => {
    const decision = decide(gone(50), NOW);
    expect(decision.effects).toEqual([{ kind: 'setWeight', weight: 0 }]);
    expect(decision.next.stage.kind).toBe('RollingBack');
  });

  it('then its pods', () => {
    const { next } = decide(gone(50), NOW);
    const seen = decide({ ...gone(0), state: next }, NOW);
    const later = decide({ ...gone(0), state: seen.next }, after(NOW, 60_000));
    expect(later.effects).toMatchObject([{ kind: 'scaleSet', set: { uid: 'uid-7' }, to: 0 }]);
  });
});

it('the end of an adoption does not put off the way back', () => {
  const paused = { paused: true, pausedByUs: true, replicas: 0 };
  const late = HURTING.deployment(paused).build();
  expect(decide(late, NOW).next.stage.kind).toBe('RollingBack');
  expect(decide(HEALTHY.deployment(paused).build(), NOW).effects).toEqual([
    { kind: 'unpauseDeployment' },
  ]);
});

it('keeps the pods that a route may name which the specification has given up', () => {
  const traffic = { kind: 'blocked', reason: 'TrafficChanged', message: 'still splits' } as const;
  const decision = decide({ ...HURTING.build(), traffic }, NOW);
  expect(decision.effects).not.toContainEqual(expect.objectContaining({ to: 0 }));
  expect(decision.next.stage.kind).toBe('RollingBack');
});

it('waits for no requests of a count that began anew', () => {
  const verifying = HEALTHY.steps({ weight: 50 }, { verify: { seconds: 60, requests: 100 } })
    .stepping(1, { mark: 5, requestsBefore: 5000 })
    .judged({ verdict: 'continue', canary: { requests: 20, errors: 0 } });
  const { stage } = decide(verifying.build(), NOW).next;
  expect(stage).toMatchObject({ step: { requestsBefore: 20 } });
});
