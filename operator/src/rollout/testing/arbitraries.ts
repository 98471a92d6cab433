// Snapshots that nobody would expect: all that the types allow, whether or not it makes sense.
import * as fc from 'fast-check';
import { REASONS, type Reason } from '../../api/reasons.ts';
import { parseSpec } from '../../api/parse.ts';
import type { QueryResult } from '../../analysis/queries.ts';
import type { AppReleaseSpec } from '../../api/app-release.ts';
import type {
  EvidenceView,
  PodView,
  ServiceView,
  SetView,
  Snapshot,
  TrafficView,
  WorkloadView,
} from '../snapshot.ts';
import type { ReleaseState, RollbackCause, Stage, StepState } from '../state.ts';
import { at } from './sets.ts';

const reason = fc.constantFrom(...(Object.keys(REASONS) as Reason[]));
const moment = fc.integer({ min: -4000, max: 4000 }).map(at);
const hash = fc.constantFrom('a', 'b', 'c', 'd');
const name = fc.constantFrom('shop-r1-a', 'shop-r2-b', 'shop-r3-c', 'shop-r4-d');
const text = fc.constantFrom('', 'because', 'x'.repeat(5000));
const person = fc.constantFrom('ann', 'x'.repeat(1034));
const images = fc.constantFrom<readonly string[]>(
  [],
  Array.from({ length: 25 }, () => 'shop:1'),
);
const weight = fc.integer({ min: 0, max: 100 });
const few = fc.nat(6);
const pods = fc.nat(12);

/** An object in which any of the named fields may be absent. */
function maybe<T extends object, K extends keyof T>(
  fields: { [P in keyof T]: fc.Arbitrary<T[P]> },
  ...optional: K[]
) {
  const required = (Object.keys(fields) as (keyof T)[]).filter(
    (key) => !optional.includes(key as K),
  );
  return fc.record(fields, { requiredKeys: required as (keyof T)[] }) as unknown as fc.Arbitrary<T>;
}

const pod: fc.Arbitrary<PodView> = maybe<Required<PodView>, 'trouble' | 'lastWords'>(
  {
    name: fc.constantFrom('p1', 'p2', 'p3', 'p4', 'p5'),
    isReady: fc.boolean(),
    readyChangedAt: moment,
    isTerminating: fc.boolean(),
    createdAt: moment,
    restarts: few,
    readinessLosses: few,
    lastWords: text,
    trouble: fc.record({
      reason: fc.constantFrom(
        'ImageUnavailable',
        'InvalidImageName',
        'ConfigError',
        'ContainerCannotRun',
        'CrashLoop',
        'Unschedulable',
      ),
      isCertain: fc.boolean(),
      message: text,
    }),
  },
  'trouble',
  'lastWords',
) as fc.Arbitrary<PodView>;

const setView = (index: number): fc.Arbitrary<SetView> =>
  maybe<Required<SetView>, 'reason' | 'creationFailure'>(
    {
      name: fc.constant(`shop-r${index + 1}-${'abcd'[index] ?? 'a'}`),
      uid: fc.constant(`uid-${index}`),
      generation: few,
      revision: fc.constant(index + 1),
      hash: fc.oneof(
        { weight: 5, arbitrary: fc.constant('abcd'[index] ?? 'a') },
        { weight: 1, arbitrary: hash },
      ),
      desired: pods,
      outcome: fc.constantFrom('candidate', 'stable', 'failed', 'undone', 'superseded'),
      reason: fc.oneof(reason, fc.constant('Nonsense')),
      images: fc.constant([]),
      pods: fc.array(pod, { maxLength: 6 }),
      creationFailure: text,
      isConfigLive: fc.boolean(),
    },
    'reason',
    'creationFailure',
  ) as fc.Arbitrary<SetView>;

const sets = fc
  .tuple(setView(0), setView(1), setView(2), setView(3))
  .chain((all) => fc.subarray(all));

const service: fc.Arbitrary<ServiceView> = maybe<Required<ServiceView>, 'hash'>(
  {
    exists: fc.boolean(),
    isCurrent: fc.boolean(),
    hash,
    readyPods: fc.subarray(['p1', 'p2', 'p3', 'p4', 'p5', 'gone']),
  },
  'hash',
) as fc.Arbitrary<ServiceView>;

const traffic: fc.Arbitrary<TrafficView> = fc.oneof(
  fc.constant({ kind: 'podShare' } as const),
  fc.record({
    kind: fc.constant('weighted' as const),
    stable: service,
    canary: service,
    route: maybe(
      {
        exists: fc.boolean(),
        isCurrent: fc.boolean(),
        weight: fc.oneof(weight, fc.double({ min: 0, max: 100, noNaN: true })),
        acceptance: fc.oneof(
          fc.constantFrom({ kind: 'accepted' }, { kind: 'pending' }, { kind: 'silent' }),
          fc.record({ kind: fc.constant('refused'), message: text }),
        ),
      },
      'weight',
    ),
    isBypassed: fc.boolean(),
  }) as unknown as fc.Arbitrary<TrafficView>,
  fc.record({ kind: fc.constant('blocked' as const), reason, message: text }),
);

const counts = fc.record({ requests: fc.nat(1000), errors: fc.nat(1000) });

const evidence: fc.Arbitrary<EvidenceView> = fc.oneof(
  fc.constant({ kind: 'none' } as const),
  maybe<Required<Extract<EvidenceView, { kind: 'judged' }>>, 'reason' | 'pace' | 'gateway'>(
    {
      kind: fc.constant('judged'),
      basis: fc.constantFrom('requests', 'gateway', 'pods'),
      verdict: fc.constantFrom('rollback', 'hold', 'continue', 'promote', 'noData'),
      stableHealth: fc.constantFrom('calm', 'uneasy', 'failing'),
      dispersion: fc.constant({ kind: 'strict' }),
      pace: fc.record({
        allowedWeight: fc.integer({ min: 0, max: 100 }),
        excessAtMost: fc.double({ min: 0, max: 1, noNaN: true }),
        badResponses: fc.double({ min: 0, max: 1e9, noNaN: true }),
      }),
      gateway: fc.constantFrom(
        { kind: 'counts' },
        { kind: 'trouble', reason: 'GatewayUnavailable', message: 'no answer' },
      ),
      signals: fc.constant([]),
      reason: fc.constantFrom(
        'EvidenceOfHarm',
        'CandidateSilent',
        'SharedOutage',
        'StableWorse',
        'ScrapeFailed',
        'NoTraffic',
      ),
      sentence: text,
      evidence: fc.double({ min: 0, max: 1e300, noNaN: true }),
      threshold: fc.integer({ min: 1, max: 1000 }),
      canary: counts,
      stable: counts,
    },
    'reason',
    'pace',
    'gateway',
  ) as fc.Arbitrary<EvidenceView>,
);

const step: fc.Arbitrary<StepState> = fc.record({
  index: few,
  startedAt: moment,
  mark: pods,
  markedAt: moment,
  requestsBefore: fc.nat(1000),
  isPromoted: fc.boolean(),
});

const cause = maybe<Required<RollbackCause>, 'by' | 'counts'>(
  {
    reason,
    message: text,
    at: moment,
    by: person,
    outcome: fc.constantFrom('failed', 'undone', 'superseded'),
    counts,
  },
  'by',
  'counts',
) as fc.Arbitrary<RollbackCause>;

const stage: fc.Arbitrary<Stage> = fc.oneof(
  fc.constant({ kind: 'Idle' } as const),
  fc.record({ kind: fc.constantFrom('Stepping', 'Promoting'), step }),
  fc.record({ kind: fc.constantFrom('RollingBack', 'RolledBack'), cause }),
);

const revisionId = fc.record({ revision: fc.nat(5), hash, setName: name, images });

const state = maybe<
  Required<ReleaseState>,
  'stable' | 'candidate' | 'grace' | 'outage' | 'pausedBy' | 'startedAt'
>(
  {
    stable: revisionId,
    candidate: revisionId,
    stage,
    weight: maybe({ desired: weight, observed: weight, changedAt: moment }, 'changedAt'),
    grace: fc.record({ reason, since: moment }),
    outage: fc.record({
      since: moment,
      response: fc.oneof(
        fc.record({ kind: fc.constantFrom('held', 'rescue') }),
        fc.record({ kind: fc.constant('withdrawn'), at: moment }),
      ),
    }),
    pausedBy: fc.record({ by: person, at: moment }),
    startedAt: moment,
    history: fc.array(
      fc.record({
        revision: fc.nat(5),
        outcome: fc.constantFrom('Promoted', 'RolledBack'),
        reason,
        message: text,
        by: person,
        finishedAt: fc.constant('2026-01-01T00:00:00.000Z'),
        images: fc.constant(['a']),
      }),
      { maxLength: 10 },
    ),
    finished: fc.constant([]),
  },
  'stable',
  'candidate',
  'grace',
  'pausedBy',
  'startedAt',
) as unknown as fc.Arbitrary<ReleaseState>;

const workload: fc.Arbitrary<WorkloadView> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: 'template' } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('template' as const), rejection: text }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'missing', name: 'shop' } as const) },
  {
    weight: 4,
    arbitrary: maybe(
      {
        kind: fc.constant('deployment'),
        name: fc.constant('shop'),
        generation: few,
        observedGeneration: few,
        replicas: pods,
        paused: fc.boolean(),
        pausedByUs: fc.boolean(),
        replicasOwners: fc.subarray(['kubectl']),
        isMidRollout: fc.boolean(),
        autoscaler: fc.constant('hpa'),
        ownSets: fc.array(
          fc.record({ name, uid: fc.constant('own'), replicas: few, isCurrent: fc.boolean() }),
          { maxLength: 3 },
        ),
      },
      'autoscaler',
    ) as unknown as fc.Arbitrary<WorkloadView>,
  },
);

const stepInput = fc.oneof(
  fc.record({ weight }),
  fc.constantFrom({ pause: {} }, { pause: { seconds: 30 } }),
  fc.record({
    verify: fc.record({
      seconds: few,
      requests: fc.nat(200),
      deadlineSeconds: few,
      onDeadline: fc.constantFrom('hold', 'promote', 'rollback'),
    }),
  }),
);

/** Any spec that the parser lets through. */
export const arbitrarySpec: fc.Arbitrary<AppReleaseSpec> = fc
  .record({
    steps: fc.array(stepInput, { maxLength: 6 }),
    maxSurge: fc.constantFrom(0, 1, 3, '25%', '100%'),
    maxUnavailable: fc.constantFrom(0, 1, 3, '25%', '100%'),
    minReadySeconds: few,
    progressDeadlineSeconds: fc.constantFrom(0, 1, 300),
    startGraceSeconds: few,
    paused: fc.boolean(),
    isRouted: fc.boolean(),
  })
  .map(({ isRouted, maxSurge, maxUnavailable, steps, ...rest }) =>
    parseSpec({
      ...rest,
      template: {},
      strategy: { canary: { maxSurge, maxUnavailable, steps } },
      ...(isRouted ? { traffic: { service: 'shop', gateway: { route: {} } } } : {}),
    }),
  )
  .filter((parsed) => parsed.kind === 'valid')
  .map(({ value }) => value);

const releaseView = maybe(
  {
    name: fc.constant('shop'),
    generation: few,
    spec: fc.oneof(
      { weight: 9, arbitrary: arbitrarySpec.map((value) => ({ kind: 'valid' as const, value })) },
      { weight: 1, arbitrary: fc.constant({ kind: 'invalid' as const, violations: [] }) },
    ),
    replicas: fc.option(pods, { nil: undefined, freq: 10 }),
    isDeleted: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    hasFinalizer: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    claimedBy: fc.constant('older'),
  },
  'claimedBy',
) as unknown as fc.Arbitrary<Snapshot['release']>;

const action = maybe(
  {
    name: fc.constantFrom('a1', 'a2'),
    uid: fc.uuid(),
    action: fc.constantFrom('promote', 'pause', 'resume', 'abort', 'retry'),
    revision: fc.nat(5),
    step: few,
    by: person,
    reason: fc.constantFrom('', 'y'.repeat(1024)),
  },
  'step',
  'reason',
);

const wanted = maybe(
  { hash, images: fc.constant([]), setName: name, settledAt: moment },
  'setName',
);

const queryResult: fc.Arbitrary<QueryResult> = fc.record({
  name,
  state: fc.constantFrom('ok', 'failing', 'failed', 'noData', 'error'),
  failures: fc.nat(5),
  sentence: fc.string(),
});

/** Any snapshot at all. */
export const arbitrarySnapshot: fc.Arbitrary<Snapshot> = maybe(
  {
    release: releaseView,
    state,
    workload,
    wanted,
    sets,
    traffic,
    evidence,
    queries: fc.array(queryResult, { maxLength: 3 }),
    actions: fc.array(action, { maxLength: 3 }),
  },
  'wanted',
) as unknown as fc.Arbitrary<Snapshot>;

/** Any snapshot that no guard catches: valid, claimed, nothing to adopt. */
export const unblockedSnapshot: fc.Arbitrary<Snapshot> = fc
  .tuple(arbitrarySnapshot, arbitrarySpec, fc.nat(12), wanted)
  .map(([snapshot, value, replicas, asked]) => {
    const { claimedBy: _rival, ...rest } = snapshot.release;
    return {
      ...snapshot,
      release: {
        ...rest,
        spec: { kind: 'valid', value },
        replicas,
        isDeleted: false,
        hasFinalizer: true,
      },
      workload: { kind: 'template' },
      wanted: asked as NonNullable<Snapshot['wanted']>,
      traffic: snapshot.traffic.kind === 'blocked' ? { kind: 'podShare' } : snapshot.traffic,
    } satisfies Snapshot;
  });
