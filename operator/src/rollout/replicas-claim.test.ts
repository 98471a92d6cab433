// The number of pods that is written where nobody names one.
import { expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { release, set } from './testing/builders.ts';
import { NOW } from './testing/sets.ts';

const HALFWAY = release().replicas(undefined).canary(50).stepping(0, { mark: 5 });

it('by pods, is what stable and candidate have together', () => {
  const halved = HALFWAY.stable(set().ready(5)).candidate(set().ready(5)).old(set().ready(1));
  expect(decide(halved.build(), NOW).effects).toEqual([{ kind: 'claimReplicas', replicas: 10 }]);
});

it('with a router, is what stable has', () => {
  const routed = HALFWAY.stable(set().ready(10)).candidate(set().ready(5)).weighted(50);
  expect(decide(routed.build(), NOW).effects).toEqual([{ kind: 'claimReplicas', replicas: 10 }]);
});

it('is that of the Deployment before its pods were taken over', () => {
  const fresh = release().replicas(undefined).forgets().deployment({ replicas: 4 });
  expect(decide(fresh.build(), NOW).effects).toEqual([{ kind: 'claimReplicas', replicas: 4 }]);
});
