import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../operator/src/lib/seeded-random.ts';
import { wantVersion } from './actors/people.ts';
import { commit } from './cluster.ts';
import { REAL_CORE } from './core.ts';
import { comeToRest, startRun } from './run.ts';
import { STORIES, stage } from './stories.ts';
import type { SetObject, World } from './world.ts';

/* A world at rest is put below one of the floors; the operator has to bring it back without making
   anything worse on the way. The monitors look on at every write. */
function recover(name: string, spoil: (world: World) => World) {
  const story = STORIES[name];
  if (!story) throw new Error('no such story');
  const run = startRun(stage(story), seededRandom(1), { core: REAL_CORE });
  comeToRest(run, { isAttended: false });
  commit(run.cluster, spoil(run.cluster.world));
  const ending = comeToRest(run, { isAttended: false });
  return { ending, world: run.cluster.world };
}

const BY_PODS = 'a good version by share of pods';
const BY_WEIGHTS = 'a good version by weights';

/* Stable pods that will not come back: their version is broken now. */
const unready = (world: World, count: number): World => ({
  ...world,
  versions: world.versions.map((one) => (one.id === 0 ? { ...one, behaviour: { kind: 'neverReady' } } : one)),
  resourceVersion: world.resourceVersion + 1,
  pods: world.pods.map((pod, index) => (index < count ? { ...pod, isReady: false } : pod)),
});

const withSet = (world: World, over: Partial<SetObject>): World => ({
  ...world,
  resourceVersion: world.resourceVersion + 1,
  sets: [...world.sets, {
    name: 'shop-r9-v1', uid: 'stray', owner: 'release', version: 1, hash: 'v1', revision: 9,
    desired: 3, generation: 1, outcome: 'candidate', isQuotaHit: false, ...over,
  }],
});

const withWeight = (world: World, weight: number | undefined, hash: string): World => ({
  ...world,
  resourceVersion: world.resourceVersion + 1,
  canary: world.canary && { ...world.canary, hash },
  route: world.route && { ...world.route, weight },
});

describe.each([BY_PODS, BY_WEIGHTS])('%s: a world below its floors', (name) => {
  it('says so while stable has no ready pod, and takes nothing away', () => {
    const { ending, world } = recover(name, (one) => unready(one, 5));
    expect(ending).toBe('Degraded StableUnavailable');
    expect(world.sets.map(({ desired }) => desired)).toEqual([5]);
  });

  it('still gives a new version a try, and keeps it back while stable has no ready pod', () => {
    const { ending, world } = recover(name, (one) => wantVersion(unready(one, 5), 1));
    expect(['Healthy UpToDate', 'Paused SharedCause']).toContain(ending);
    expect(world.route?.weight ?? 0).toBe(0);
  });

  it('finishes a release though stable lacks some pods', () => {
    const { ending } = recover(name, (one) => wantVersion(unready(one, 2), 1));
    expect(ending).toBe('Healthy UpToDate');
  });

  it.each(['candidate', 'failed', 'stable'] as const)('removes a stray set that is marked %s', (outcome) => {
    const { ending, world } = recover(name, (one) => withSet(one, { outcome }));
    expect(ending).toBe('Healthy UpToDate');
    expect(world.sets.find(({ uid }) => uid === 'stray')?.desired ?? 0).toBe(0);
  });
});

describe('weights that nobody should have written', () => {
  it.each([0, 30, 100, undefined])('are set right: %s to a hash without pods', (weight) => {
    const { ending, world } = recover(BY_WEIGHTS, (one) => withWeight(one, weight, 'gone'));
    expect(ending).toBe('Healthy UpToDate');
    expect([world.route?.weight, world.canary?.hash]).toEqual([0, 'v0']);
  });

  it('are taken from a version that failed', () => {
    const { ending, world } = recover(BY_WEIGHTS, (one) => withWeight(withSet(one, { outcome: 'failed' }), 50, 'v1'));
    expect(ending).toBe('Healthy UpToDate');
    expect(world.route?.weight).toBe(0);
  });

  it('do not send users to a stable Service that names nobody', () => {
    const { ending, world } = recover(BY_WEIGHTS, (one) => ({
      ...one,
      resourceVersion: one.resourceVersion + 1,
      stable: one.stable && { ...one.stable, hash: 'gone' },
    }));
    expect([ending, world.stable?.hash]).toEqual(['Healthy UpToDate', 'v0']);
  });
});
