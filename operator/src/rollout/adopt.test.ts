// Taking over a Deployment: what is refused, and what is never called stable.
import { describe, expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import type { DeploymentView, OwnSetView } from './snapshot.ts';
import { release, set } from './testing/builders.ts';
import { NOW } from './testing/sets.ts';

const OLD: OwnSetView = { name: 'shop-old', uid: 'old', replicas: 8, isCurrent: false };
const NEW: OwnSetView = { name: 'shop-new', uid: 'new', replicas: 3, isCurrent: true };
const EMPTY: OwnSetView = { name: 'shop-empty', uid: 'empty', replicas: 0, isCurrent: false };

const decideOn = (workload: Partial<DeploymentView>) =>
  decide(
    release()
      .forgets()
      .deployment({ replicas: 10, ...workload })
      .build(),
    NOW,
  );

describe('a Deployment in the middle of a rollout', () => {
  const ownSets = [OLD, NEW];

  it.each<[string, Partial<DeploymentView>]>([
    ['running', { isMidRollout: true }],
    ['paused by its user', { isMidRollout: true, paused: true }],
    ['that looks finished', {}],
  ])('is not taken over: %s', (_name, over) => {
    const decision = decideOn({ ownSets, ...over });
    expect(decision).toMatchObject({ phase: 'Blocked', reason: 'WorkloadBusy', effects: [] });
  });

  it('is let go of when its rollout began just before our pause', () => {
    const decision = decideOn({ ownSets, paused: true, pausedByUs: true });
    expect(decision).toMatchObject({ phase: 'Blocked', reason: 'WorkloadBusy' });
    expect(decision.effects).toEqual([{ kind: 'unpauseDeployment' }]);
  });

  it('adds no second stable version when a set is seen late', () => {
    const late = release()
      .stable(set().ready(8))
      .deployment({ replicas: 10, paused: true, pausedByUs: true, ownSets: [NEW] });
    const [effect] = decide(late.build(), NOW).effects;
    expect(effect).toMatchObject({ kind: 'takeSet', set: { uid: 'new' }, outcome: 'candidate' });
  });
});

describe('a Deployment that its user paused at rest', () => {
  it('is paused by us as well before anything is taken', () => {
    const decision = decideOn({ ownSets: [EMPTY, OLD], paused: true, isMidRollout: true });
    expect(decision.effects).toEqual([{ kind: 'pauseDeployment' }]);
  });

  it('is refused while an autoscaler scales it', () => {
    const decision = decideOn({ ownSets: [OLD], paused: true, autoscaler: 'shop' });
    expect(decision).toMatchObject({ phase: 'Blocked', reason: 'TargetedByAutoscaler' });
  });
});

it('takes the empty sets first and the running one as stable', () => {
  const taken = (ownSets: OwnSetView[]) =>
    decideOn({ ownSets, paused: true, pausedByUs: true }).effects;
  expect(taken([OLD, EMPTY])).toMatchObject([{ set: { uid: 'empty' }, outcome: 'superseded' }]);
  expect(taken([OLD])).toMatchObject([{ set: { uid: 'old' }, outcome: 'stable' }]);
});

it('takes back an empty set that was given back before: its name is the one to be made', () => {
  const { name } = release().build().release;
  const returned: OwnSetView = { ...EMPTY, name: `${name}-r3-abc`, uid: 'returned' };
  const taken = (ownSets: OwnSetView[], replicas: number) =>
    decideOn({ ownSets, replicas }).effects;
  expect(taken([returned], 0)).toMatchObject([{ kind: 'takeSet', set: { uid: 'returned' } }]);
  // Sets that the Deployment made itself are left to it, and so is a Deployment that is wanted to run.
  expect(taken([EMPTY], 0)).not.toMatchObject([{ kind: 'takeSet' }]);
  expect(taken([returned], 2)).not.toMatchObject([{ kind: 'takeSet' }]);
});
