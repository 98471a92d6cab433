// When the queries of a release are asked, and about whom.
import { expect, it } from '@jest/globals';
import { parseSpec } from '../../api/parse.ts';
import { decide } from '../../rollout/decide.ts';
import { release, set } from '../../rollout/testing/builders.ts';
import { NOW } from '../../rollout/testing/sets.ts';
import type { Materials } from '../observe/materials.ts';
import type { PodObject, ReplicaSetObject } from '../projections.ts';
import type { QueryWatcher, WatchedQueries } from './ask-queries.ts';
import { watchQueries } from './watch-queries.ts';

const QUERY = { name: 'p99', web: { url: 'http://web/', path: 'v' }, threshold: { max: 1 } };
const TRIED = release().stable(set().ready(10)).candidate(set().ready(2)).stepping(0).judged({});

function specWith(queries: readonly object[]): Materials['spec'] {
  const parsed = parseSpec({ template: {}, strategy: { canary: {} }, checks: { queries } });
  return parsed.kind === 'valid' ? parsed.value : undefined;
}

interface Look {
  readonly queries?: readonly object[];
  readonly pods?: readonly Partial<PodObject>[];
}

/** What is being asked after a look at the release that was under way before. */
function askedAfter(
  snapshot: ReturnType<typeof TRIED.build>,
  { pods = [], queries = [QUERY] }: Look = {},
): WatchedQueries | 'as before' | undefined {
  let asked: WatchedQueries | 'as before' | undefined = 'as before';
  const watcher: QueryWatcher = {
    watch: (watched) => (asked = watched),
    stopWatching: () => (asked = undefined),
    results: () => [],
    stop: () => undefined,
  };
  const store = {
    replicaSets: { get: (_namespace: string, name: string) => ({ uid: name }) as ReplicaSetObject },
    pods: { byIndex: () => pods as PodObject[] },
  } as unknown as Parameters<typeof watchQueries>[0]['store'];
  const materials = {
    spec: specWith(queries),
    status: {},
    release: { name: 'shop', namespace: 'bank', uid: 'uid' },
  } as unknown as Materials;
  const decision = decide(snapshot, NOW);
  watchQueries({ queries: watcher, store }, { key: 'bank/shop', materials, snapshot, decision });
  return asked;
}

it('begins with the release, and tells the two versions apart', () => {
  const asked = askedAfter(TRIED.build());
  const { candidate, stable } = TRIED.build().state;
  expect(asked).toMatchObject({
    key: 'bank/shop',
    releaseUid: 'uid',
    queries: [{ name: 'p99' }],
    candidate: {
      name: 'shop',
      namespace: 'bank',
      hash: candidate?.hash,
      replicaSet: candidate?.setName,
    },
    stable: { hash: stable?.hash, replicaSet: stable?.setName },
  });
  expect(candidate?.hash).not.toBe(stable?.hash);
});

it.each([
  ['none', [], false],
  ['one that is not ready', [{ isReady: false }], false],
  ['one that is going', [{ isReady: true, isTerminating: true }], false],
  ['one that is ready', [{ isReady: false }, { isReady: true, isTerminating: false }], true],
])('asks only while a candidate pod serves: %s', (_what, pods, isServing) => {
  const asked = askedAfter(TRIED.build(), { pods });
  expect(typeof asked === 'object' && asked.isServing()).toBe(isServing);
});

it('goes on while the specification cannot be read in the middle of a release', () => {
  const spec = { kind: 'invalid' as const, violations: [] };
  expect(askedAfter(TRIED.release({ spec }).build())).toBe('as before');
});

it('ends with the release, and with the last query', () => {
  expect(askedAfter(TRIED.candidate(set().outcome('failed')).rolledBack().build())).toBeUndefined();
  expect(askedAfter(TRIED.build(), { queries: [] })).toBeUndefined();
});
