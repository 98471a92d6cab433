// When the pods of a release are sampled.
import { expect, it } from '@jest/globals';
import { decide } from '../rollout/decide.ts';
import { release, set } from '../rollout/testing/builders.ts';
import { NOW } from '../rollout/testing/sets.ts';
import type { Collector } from './collect-samples.ts';
import type { Materials } from './observe/materials.ts';
import type { Store } from './store.ts';
import { watchRelease } from './watch-release.ts';

/** Whether a release that is being watched still is after a look at it. */
function isStillWatched(snapshot: ReturnType<ReturnType<typeof release>['build']>): boolean {
  const watched = new Set(['bank/shop']);
  const collector: Collector = {
    watch: ({ key }) => void watched.add(key),
    stopWatching: (key) => void watched.delete(key),
    evidence: () => ({ kind: 'none' }),
    stateOf: () => undefined,
    dispersionOf: () => undefined,
    stop: () => watched.clear(),
  };
  const spec = snapshot.release.spec.kind === 'valid' ? snapshot.release.spec.value : undefined;
  const materials = { spec, status: {} } as Materials;
  const decision = decide(snapshot, NOW);
  const store = {} as Store;
  watchRelease({ collector, store }, { key: 'bank/shop', materials, snapshot, decision });
  return watched.has('bank/shop');
}

const TRIED = release().stable(set().ready(10)).candidate(set().ready(2)).stepping(0).judged({});

it('goes on while the specification cannot be read in the middle of a release', () => {
  const spec = { kind: 'invalid' as const, violations: [] };
  expect(isStillWatched(TRIED.release({ spec }).build())).toBe(true);
});

it('ends with the release', () => {
  expect(isStillWatched(TRIED.candidate(set().outcome('failed')).rolledBack().build())).toBe(false);
});
