// A whole snapshot, as a test describes it: release().canary(20, 50).stable(set().ready(10)).build().
// What is not said is calm: a valid spec, an inline template, no traffic router, no metrics.
import type { QueryResult } from '../../analysis/queries.ts';
import type { AppReleaseSpecInput } from '../../api/app-release.ts';
import { parseSpec } from '../../api/parse.ts';
import { readyPods } from '../pods.ts';
import type {
  ActionView,
  DeploymentView,
  EvidenceView,
  ReleaseView,
  SetView,
  Snapshot,
  TrafficView,
  WantedView,
  WeightedView,
} from '../snapshot.ts';
import { NEW_STATE, type ReleaseState, type RollbackCause, type StepState } from '../state.ts';
import type { StepPlan } from '../steps.ts';
import { NOW, set, type SetBuilder } from './sets.ts';

type StepInput = NonNullable<
  NonNullable<AppReleaseSpecInput['strategy']['canary']>['steps']
>[number];

export interface ReleaseBuilder {
  /** Weight steps. */
  canary(...weights: number[]): ReleaseBuilder;
  steps(...steps: StepInput[]): ReleaseBuilder;
  surge(maxSurge: number | string, maxUnavailable?: number | string): ReleaseBuilder;
  replicas(replicas: number | undefined): ReleaseBuilder;
  spec(over: Partial<AppReleaseSpecInput>): ReleaseBuilder;
  stable(set: SetBuilder): ReleaseBuilder;
  /** The set being tried; it is also the wanted one unless `wants` says otherwise. */
  candidate(set: SetBuilder): ReleaseBuilder;
  /** A set that is neither. */
  old(set: SetBuilder): ReleaseBuilder;
  /** The wanted version: one that runs, or a new one by its hash. */
  wants(
    what: 'stable' | 'candidate' | { readonly hash: string } | { readonly revision: number },
  ): ReleaseBuilder;
  stepping(index: number, over?: Partial<StepState>): ReleaseBuilder;
  promoting(over?: Partial<StepState>): ReleaseBuilder;
  rollingBack(cause?: Partial<RollbackCause>): ReleaseBuilder;
  rolledBack(cause?: Partial<RollbackCause>): ReleaseBuilder;
  /** What the state remembers, over what follows from the rest. */
  remembers(over: Partial<ReleaseState>): ReleaseBuilder;
  /** Status was lost. */
  forgets(): ReleaseBuilder;
  /** A weighted router that gives the candidate so much, all of it accepted and settled. */
  weighted(weight: number | undefined, over?: Partial<WeightedView>): ReleaseBuilder;
  traffic(traffic: TrafficView): ReleaseBuilder;
  judged(over: Partial<Extract<EvidenceView, { kind: 'judged' }>>): ReleaseBuilder;
  /** What is known of each query. */
  asked(...queries: QueryResult[]): ReleaseBuilder;
  action(action: ActionView['action'], over?: Partial<ActionView>): ReleaseBuilder;
  deployment(over?: Partial<DeploymentView>): ReleaseBuilder;
  with(over: Partial<Snapshot>): ReleaseBuilder;
  release(over: Partial<ReleaseView>): ReleaseBuilder;
  build(): Snapshot;
}

interface Parts {
  readonly spec: AppReleaseSpecInput;
  readonly replicas: number | undefined;
  readonly stable?: SetBuilder;
  readonly candidate?: SetBuilder;
  readonly old: readonly SetBuilder[];
  readonly wants?:
    'stable' | 'candidate' | { readonly hash: string } | { readonly revision: number };
  readonly stage?: ReleaseState['stage'];
  readonly state: Partial<ReleaseState>;
  readonly isForgotten: boolean;
  readonly weighted?: { readonly weight: number | undefined; readonly over: Partial<WeightedView> };
  readonly actions: readonly ActionView[];
  readonly over: Partial<Snapshot>;
  readonly release: Partial<ReleaseView>;
}

const CAUSE: RollbackCause = {
  reason: 'ChecksFailed',
  message: 'too many errors',
  at: NOW,
  outcome: 'failed',
};

/** A release of 10 replicas, steps 20 and 50, that runs nothing yet. */
export function release(): ReleaseBuilder {
  return builderOf({
    spec: { template: {}, strategy: { canary: { steps: [{ weight: 20 }, { weight: 50 }] } } },
    replicas: 10,
    old: [],
    state: {},
    isForgotten: false,
    actions: [],
    over: {},
    release: {},
  });
}

function builderOf(parts: Parts): ReleaseBuilder {
  const change = (over: Partial<Parts>) => builderOf({ ...parts, ...over });
  const canary = (over: object) =>
    change({
      spec: { ...parts.spec, strategy: { canary: { ...parts.spec.strategy.canary, ...over } } },
    });
  const step = (index: number, over: Partial<StepState> = {}): StepState => ({
    index,
    kind: kindAt(parts.spec, index),
    startedAt: NOW,
    mark: 0,
    markedAt: NOW,
    requestsBefore: 0,
    isPromoted: false,
    ...over,
  });
  return {
    canary: (...weights) => canary({ steps: weights.map((weight) => ({ weight })) }),
    steps: (...steps) => canary({ steps }),
    surge: (maxSurge, maxUnavailable = 0) => canary({ maxSurge, maxUnavailable }),
    replicas: (replicas) => change({ replicas }),
    spec: (over) => change({ spec: { ...parts.spec, ...over } }),
    stable: (stable) => change({ stable }),
    candidate: (candidate) => change({ candidate }),
    old: (old) => change({ old: [...parts.old, old] }),
    wants: (wants) => change({ wants }),
    stepping: (index, over) => change({ stage: { kind: 'Stepping', step: step(index, over) } }),
    promoting: (over) =>
      change({
        stage: {
          kind: 'Promoting',
          step: step(parts.spec.strategy.canary?.steps?.length ?? 0, over),
        },
      }),
    rollingBack: (cause) =>
      change({ stage: { kind: 'RollingBack', cause: { ...CAUSE, ...cause } } }),
    rolledBack: (cause) => change({ stage: { kind: 'RolledBack', cause: { ...CAUSE, ...cause } } }),
    remembers: (over) => change({ state: { ...parts.state, ...over } }),
    forgets: () => change({ isForgotten: true }),
    weighted: (weight, over = {}) => change({ weighted: { weight, over } }),
    traffic: (traffic) => change({ over: { ...parts.over, traffic } }),
    judged: (over) => change({ over: { ...parts.over, evidence: judged(over) } }),
    asked: (...queries) => change({ over: { ...parts.over, queries } }),
    action: (action, over) =>
      change({ actions: [...parts.actions, actionView(parts, action, over)] }),
    deployment: (over) =>
      change({
        spec: { ...parts.spec, template: undefined, workloadRef: { name: 'shop' } },
        over: { ...parts.over, workload: deploymentView(over) },
      }),
    with: (over) => change({ over: { ...parts.over, ...over } }),
    release: (over) => change({ release: { ...parts.release, ...over } }),
    build: () => snapshotOf(parts),
  };
}

function kindAt(spec: AppReleaseSpecInput, index: number): StepPlan['kind'] {
  const step = spec.strategy.canary?.steps?.[index];
  if (!step) return 'finish';
  if (step.weight !== undefined) return 'weight';
  return step.verify ? 'verify' : 'pause';
}

function snapshotOf(parts: Parts): Snapshot {
  const stable = parts.stable?.build({ revision: 6, outcome: 'stable' });
  const candidate = parts.candidate?.build({ revision: 7, outcome: 'candidate' });
  const old = parts.old.map((one, index) =>
    one.build({ revision: index + 1, outcome: 'superseded' }),
  );
  const sets = [...old, ...(stable ? [stable] : []), ...(candidate ? [candidate] : [])];
  const evidence = parts.over.evidence ?? { kind: 'none' };
  const spec = specOf(parts, evidence.kind === 'judged');
  const traffic = parts.weighted && weightedView(parts.weighted, { stable, candidate });
  return {
    release: {
      name: 'shop',
      generation: 1,
      spec,
      replicas: parts.replicas,
      isDeleted: false,
      hasFinalizer: true,
      ...parts.release,
    },
    state: parts.isForgotten ? NEW_STATE : stateOf(parts, { stable, candidate }),
    workload: { kind: 'template' },
    wanted: wantedOf(parts.wants ?? (candidate ? 'candidate' : 'stable'), {
      sets,
      stable,
      candidate,
    }),
    sets,
    traffic: traffic ?? { kind: 'podShare' },
    actions: parts.actions,
    queries: [],
    ...parts.over,
    evidence,
  };
}

/* Through the parser, so that the defaults are those of the CRD. */
function specOf({ spec, weighted }: Parts, isJudged: boolean): ReleaseView['spec'] {
  return parseSpec({
    ...spec,
    ...(weighted ? { traffic: { service: 'shop', gateway: { route: {} }, ...spec.traffic } } : {}),
    ...(isJudged ? { checks: { scrape: {}, ...spec.checks } } : {}),
  });
}

interface Roles {
  readonly stable: SetView | undefined;
  readonly candidate: SetView | undefined;
}

function stateOf(parts: Parts, { stable, candidate }: Roles): ReleaseState {
  const share = parts.weighted?.weight ?? 0;
  return {
    ...NEW_STATE,
    ...(stable ? { stable: idOf(stable) } : {}),
    ...(candidate ? { candidate: idOf(candidate), startedAt: NOW } : {}),
    stage: parts.stage ?? { kind: 'Idle' },
    weight: { desired: share, observed: share },
    ...parts.state,
  };
}

export function idOf({ revision, hash, name, images }: SetView) {
  return { revision, hash, setName: name, images };
}

function wantedOf(
  wants: NonNullable<Parts['wants']>,
  world: Roles & { sets: readonly SetView[] },
): WantedView {
  if (typeof wants === 'object' && 'hash' in wants) {
    return { hash: wants.hash, images: ['shop:new'], settledAt: NOW };
  }
  const found =
    typeof wants === 'object'
      ? world.sets.find((one) => one.revision === wants.revision)
      : world[wants];
  if (!found) return { hash: 'first', images: ['shop:first'], settledAt: NOW };
  return { hash: found.hash, images: found.images, setName: found.name, settledAt: NOW };
}

function weightedView(
  { weight, over }: NonNullable<Parts['weighted']>,
  roles: Roles,
): WeightedView {
  const service = (found: SetView | undefined) => ({
    exists: found !== undefined,
    isCurrent: found !== undefined,
    ...(found ? { hash: found.hash } : {}),
    readyPods: found
      ? found.pods.filter((pod) => pod.isReady && !pod.isTerminating).map((pod) => pod.name)
      : [],
  });
  return {
    kind: 'weighted',
    stable: service(roles.stable),
    canary: service(roles.candidate ?? roles.stable),
    route: {
      exists: weight !== undefined,
      isCurrent: weight !== undefined,
      ...(weight === undefined ? {} : { weight }),
      acceptance: { kind: 'accepted' },
    },
    isBypassed: false,
    ...over,
  };
}

function judged(over: Partial<Extract<EvidenceView, { kind: 'judged' }>>): EvidenceView {
  return {
    kind: 'judged',
    basis: 'requests',
    verdict: 'continue',
    stableHealth: 'calm',
    dispersion: { kind: 'assumed', phi: 2 },
    signals: [],
    sentence: 'nothing against the candidate',
    evidence: 0.5,
    threshold: 100,
    canary: { requests: 0, errors: 0 },
    stable: { requests: 0, errors: 0 },
    ...over,
  };
}

function actionView(
  parts: Parts,
  action: ActionView['action'],
  over: Partial<ActionView> = {},
): ActionView {
  const revision = parts.candidate?.build({ revision: 7, outcome: 'candidate' }).revision ?? 7;
  const name = `action-${parts.actions.length + 1}`;
  return { name, uid: name, action, revision, by: 'ann', ...over };
}

function deploymentView(over: Partial<DeploymentView> = {}): DeploymentView {
  return {
    kind: 'deployment',
    name: 'shop',
    generation: 1,
    observedGeneration: 1,
    replicas: 0,
    paused: false,
    pausedByUs: false,
    replicasOwners: [],
    isMidRollout: false,
    ownSets: [],
    ...over,
  };
}

/** How many pods of the set of that revision are Ready. */
export function readyIn(snapshot: Snapshot, revision: number): number {
  return readyPods(snapshot.sets.find((one) => one.revision === revision));
}

export { set };
