// From caches to one Snapshot, and beside it the raw things that carrying out a decision needs.
import type { QueryResults } from '../analysis/queries.ts';
import { FINALIZER, LABEL } from '../api/labels.ts';
import { parseAction, parseSpec, parseStatus } from '../api/parse.ts';
import type { AppReleaseSpec } from '../api/app-release.ts';
import type { AppReleaseStatus } from '../api/app-release-status.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Clock } from '../lib/clock.ts';
import { after, fromText, type Instant, instant } from '../lib/instant.ts';
import { number, record, text } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { stateOf } from '../rollout/state-codec.ts';
import {
  configMapNames,
  imagesOf,
  type PodTemplate,
} from '../rollout/revision.ts';
import type {
  ActionView,
  EvidenceView,
  OwnSetView,
  PodView,
  ReleaseView,
  SetView,
  Snapshot,
  WantedView,
  WorkloadView,
} from '../rollout/snapshot.ts';
import { counterViolations } from './sample-pods.ts';
import { specForHandBack, workloadName } from './hand-back-spec.ts';
import type { ConfiguredTemplate, ConfigReader } from './configs.ts';
import { meaningOf, type Problem } from './errors.ts';
import type { PodFlaps } from './pod-flaps.ts';
import { knownQueries } from './queries/known-queries.ts';
import { observeTraffic, type TrafficObjects } from './observe-traffic.ts';
import type {
  ActionObject,
  ConfigMapObject,
  DeploymentObject,
  PodObject,
  ReleaseObject,
  ReplicaSetObject,
} from './projections.ts';
import { readLive } from './live-store.ts';
import type { Store } from './store.ts';
import { identityOf } from './template-identity.ts';
import type { TemplateTrier } from './templates.ts';

/** What applying a decision needs and a decision must not see. */
export interface Materials {
  readonly release: ReleaseObject;
  readonly spec: AppReleaseSpec | undefined;
  readonly status: AppReleaseStatus;
  readonly deployment?: DeploymentObject;
  readonly configured?: ConfiguredTemplate;
  /** Labels that pods of every revision share. */
  readonly selector: Readonly<Record<string, string>>;
  readonly traffic: TrafficObjects;
  readonly sets: readonly ReplicaSetObject[];
  /** The copies of ConfigMaps that were made for its revisions. */
  readonly copies: readonly ConfigMapObject[];
  /** Actions without a result that cannot be read, and why. */
  readonly unreadable: readonly UnreadableAction[];
}

export interface UnreadableAction {
  readonly name: string;
  readonly why: string;
}

export type Observed =
  | { readonly kind: 'gone' }
  /** A cache is behind our own last write. */
  | { readonly kind: 'stale' }
  | {
      readonly kind: 'observed';
      readonly snapshot: Snapshot;
      readonly materials: Materials;
      /** Why the wanted version could not be read. */
      readonly problem?: Problem;
    };

export interface Observer {
  observe(key: string, evidence: EvidenceView, queries: QueryResults): Promise<Observed>;
}

export interface ObserverOptions {
  readonly store: Store;
  /** For live reads, where a cache has fallen behind. */
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly instance: string;
  readonly configs: ConfigReader;
  readonly templates: TemplateTrier;
}

/** After this long without seeing our own write, the caches are not waited for any more. */
const STALE_MAX_MS = 5000;
/** A new wanted revision waits this long for other objects of the same apply. */
const CONFIG_SETTLE_MS = 2000;

export function createObserver(options: ObserverOptions): Observer {
  const firstSeen = new Map<string, { readonly digest: string; readonly at: Instant }>();
  return {
    async observe(key, evidence, queries) {
      const { store } = options;
      const [namespace = '', name = ''] = key.split('/');
      const release = store.releases.get(namespace, name);
      if (!release || release.instance !== options.instance) {
        firstSeen.delete(key);
        store.expectations.forget(key);
        store.watchConfigMaps(key, []);
        return { kind: 'gone' };
      }
      const subject = { key, release, evidence, queries, firstSeen };
      const behind = store.expectations.unseen(key);
      if (behind.length === 0) return observeRelease(options, subject);
      if ((store.expectations.since(key) ?? 0) < STALE_MAX_MS) return { kind: 'stale' };
      // Our next write is what is waited for from now on: no look is live twice for the same one.
      const live = await readLive(options.client, store, { behind, namespace });
      store.expectations.forget(key);
      options.log('warn', 'caches are behind our own writes: read live', {
        release: key,
        kinds: behind.map(({ plural }) => plural),
      });
      const now = live.releases.get(namespace, name);
      if (!now) return { kind: 'gone' };
      return observeRelease({ ...options, store: live }, { ...subject, release: now });
    },
  };
}

interface Subject {
  readonly key: string;
  readonly release: ReleaseObject;
  readonly evidence: EvidenceView;
  readonly queries: QueryResults;
  readonly firstSeen: Map<string, { readonly digest: string; readonly at: Instant }>;
}

async function observeRelease(options: ObserverOptions, subject: Subject): Promise<Observed> {
  const { store } = options;
  const { release, key } = subject;
  const parsed = parseFor(release);
  const spec = parsed.kind === 'valid' ? parsed.value : parsed.partial;
  const status = parseStatus(release.status);
  const workload = workloadName(release.spec);
  const deployment =
    workload === undefined ? undefined : store.deployments.get(release.namespace, workload);
  const { template, configured, problem } = await readWanted(options, {
    key,
    release,
    spec,
    deployment,
  });
  const sets = store.replicaSets
    .byIndex('owner', release.uid)
    .toSorted((a, b) => a.revision - b.revision);
  const traffic = spec
    ? observeTraffic(store, release, spec)
    : { view: { kind: 'podShare' as const }, objects: { isOwnManaged: false } };
  if (!traffic) return { kind: 'stale' };
  const wanted = configured && wantedView(options, subject, { configured, raw: template, sets });
  const claimedBy = spec && claimant(store, release);
  const replicas = number(release.spec['replicas']);
  const snapshot: Snapshot = {
    release: {
      name: release.name,
      generation: release.generation,
      spec: parsed,
      replicas,
      isDeleted: release.isDeleted,
      hasFinalizer: release.finalizers.includes(FINALIZER),
      ...(claimedBy === undefined ? {} : { claimedBy }),
    },
    state: stateOf(status),
    workload: workloadView(options, { workload, deployment, template, release, configured }),
    ...(wanted ? { wanted } : {}),
    sets: sets.map((set) => setView(store, set, status)),
    traffic: traffic.view,
    evidence: evidenceFor(parsed, subject.evidence),
    queries: knownQueries({ spec: parsed, results: subject.queries, release, status }),
    actions: openActions(store, release),
  };
  return {
    kind: 'observed',
    ...(problem ? { problem } : {}),
    snapshot,
    materials: {
      release,
      spec,
      status,
      ...(deployment ? { deployment } : {}),
      ...(configured ? { configured } : {}),
      selector: deployment?.selector ?? { [LABEL.release]: release.name },
      traffic: traffic.objects,
      sets,
      copies: store.configMaps.byIndex('owner', release.uid),
      unreadable: unreadableActions(store, release),
    },
  };
}

/* Giving pods back, or going back, needs no more than a part of the specification. */
function parseFor({ isDeleted, spec }: ReleaseObject): ReleaseView['spec'] {
  const parsed = parseWhole(spec);
  if (parsed.kind === 'valid') return parsed;
  const partial = specForHandBack(spec);
  if (partial?.kind !== 'valid') return parsed;
  return isDeleted ? partial : { ...parsed, partial: partial.value };
}

function parseWhole(raw: unknown): ReturnType<typeof parseSpec> {
  const parsed = parseSpec(raw);
  if (parsed.kind === 'invalid') return parsed;
  const violations = counterViolations(parsed.value);
  return violations.length > 0 ? { kind: 'invalid', violations } : parsed;
}

const NOT_SAMPLED_YET: Extract<EvidenceView, { kind: 'judged' }> = {
  kind: 'judged',
  basis: 'requests',
  verdict: 'noData',
  stableHealth: 'uneasy',
  dispersion: { kind: 'assumed', phi: 2 },
  sentence: 'no sample yet',
  evidence: 1,
  threshold: 100,
  signals: [],
  canary: { requests: 0, errors: 0 },
  stable: { requests: 0, errors: 0 },
};

/* "No metrics source" and "nothing sampled yet" are two things: only the first may pass a verify. */
function evidenceFor(spec: ReleaseView['spec'], evidence: EvidenceView): EvidenceView {
  // While it cannot be read, what was counted under the last one still speaks.
  if (spec.kind === 'invalid') return evidence;
  const { gateway, scrape } = spec.value.checks ?? {};
  if (evidence.kind !== 'none' || (!scrape && !gateway)) return evidence;
  return { ...NOT_SAMPLED_YET, basis: scrape ? 'requests' : 'gateway' };
}

type Template =
  | { readonly kind: 'found'; readonly template: PodTemplate }
  | { readonly kind: 'rejected'; readonly message: string }
  | { readonly kind: 'missing' };

interface Wanting {
  readonly key: string;
  readonly release: ReleaseObject;
  readonly spec: AppReleaseSpec | undefined;
  readonly deployment: DeploymentObject | undefined;
}

interface WantedParts {
  readonly template: Template;
  readonly configured?: ConfiguredTemplate;
  readonly problem?: Problem;
}

/* What may not be read is for a person to mend: the rest of the snapshot is there all the same. */
async function readWanted(options: ObserverOptions, wanting: Wanting): Promise<WantedParts> {
  try {
    const template = await wantedTemplate(options, wanting);
    if (template.kind !== 'found') return { template };
    const { key, release, spec } = wanting;
    const live = spec?.config?.live ?? [];
    // Before they are read: a change in between is seen after all.
    const sources = configMapNames(template.template).filter((name) => !live.includes(name));
    options.store.watchConfigMaps(key, sources);
    const configured = await options.configs.configure(release.namespace, template.template, {
      name: release.name,
      live,
    });
    return { template, configured };
  } catch (error) {
    const meaning = meaningOf(error);
    if (meaning.kind !== 'tell') throw error;
    return { template: { kind: 'missing' }, problem: meaning };
  }
}

async function wantedTemplate(
  { templates }: ObserverOptions,
  { release, spec, deployment }: Wanting,
): Promise<Template> {
  if (spec?.template) {
    const tried = await templates.try(release, spec.template);
    return tried.kind === 'accepted'
      ? { kind: 'found', template: tried.template }
      : { kind: 'rejected', message: tried.message };
  }
  return deployment ? { kind: 'found', template: deployment.template } : { kind: 'missing' };
}

interface Found {
  readonly configured: ConfiguredTemplate;
  readonly raw: Template;
  readonly sets: readonly ReplicaSetObject[];
}

function wantedView(
  { clock }: ObserverOptions,
  { key, firstSeen }: Subject,
  { configured, raw, sets }: Found,
): WantedView {
  const { digest, hash } = identityOf(configured.template);
  const rawDigest = raw.kind === 'found' ? identityOf(raw.template).digest : digest;
  const matching = sets.filter((set) => isSameRevision(set, { digest, rawDigest, configured }));
  const best = matching.toSorted((a, b) => b.replicas - a.replicas || b.revision - a.revision)[0];
  const seen = firstSeen.get(key);
  const at = seen?.digest === digest ? seen.at : clock.now();
  firstSeen.set(key, { digest, at });
  const waits = configured.sources.length > 0 && !best;
  return {
    hash,
    images: imagesOf(configured.template),
    ...(best ? { setName: best.name } : {}),
    settledAt: waits ? after(at, CONFIG_SETTLE_MS) : at,
  };
}

/* An adopted set reads live ConfigMaps: it is the wanted one while their content is what it was. */
function isSameRevision(
  set: ReplicaSetObject,
  wanted: { digest: string; rawDigest: string; configured: ConfiguredTemplate },
): boolean {
  if (set.adoptedConfig !== undefined) {
    return (
      set.templateDigest === wanted.rawDigest &&
      set.adoptedConfig === wanted.configured.contentDigest
    );
  }
  return set.templateDigest === wanted.digest;
}

interface Working {
  readonly workload: string | undefined;
  readonly deployment: DeploymentObject | undefined;
  readonly template: Template;
  readonly release: ReleaseObject;
  readonly configured: ConfiguredTemplate | undefined;
}

function workloadView(
  { store }: ObserverOptions,
  { workload, deployment, template, release, configured }: Working,
): WorkloadView {
  if (workload === undefined) {
    return {
      kind: 'template',
      ...(template.kind === 'rejected' ? { rejection: template.message } : {}),
    };
  }
  if (!deployment) return { kind: 'missing', name: workload };
  const [autoscaler] = store.autoscalers.byIndex(
    'target',
    `${release.namespace}/${deployment.name}`,
  );
  const current = identityOf(deployment.template).digest;
  const configuredDigest = configured && identityOf(configured.template).digest;
  const ownSets: OwnSetView[] = store.replicaSets.byIndex('owner', deployment.uid).map((set) => ({
    name: set.name,
    uid: set.uid,
    replicas: set.replicas,
    isCurrent: set.templateDigest === current || set.templateDigest === configuredDigest,
  }));
  return {
    kind: 'deployment',
    name: deployment.name,
    generation: deployment.generation,
    observedGeneration: deployment.observedGeneration,
    replicas: deployment.replicas,
    paused: deployment.paused,
    pausedByUs: deployment.pausedByUs,
    replicasOwners: deployment.replicasOwners,
    isMidRollout: deployment.isMidRollout || deployment.observedGeneration < deployment.generation,
    ...(autoscaler ? { autoscaler: autoscaler.name } : {}),
    ownSets,
  };
}

function setView(
  store: Store,
  set: ReplicaSetObject,
  { startedAt }: AppReleaseStatus,
): SetView {
  // What pods went through before the release began says nothing about it.
  const since = (startedAt === undefined ? undefined : fromText(startedAt)) ?? instant(0);
  return {
    name: set.name,
    uid: set.uid,
    generation: set.generation,
    revision: set.revision,
    hash: set.hash,
    desired: set.replicas,
    outcome: set.outcome,
    ...(set.reason === undefined ? {} : { reason: set.reason }),
    images: set.images,
    pods: store.pods
      .byIndex('owner', set.uid)
      .filter((pod) => !pod.isFinished)
      .map((pod) => podView(pod, store.flaps.since(pod, since))),
    ...(set.creationFailure === undefined ? {} : { creationFailure: set.creationFailure }),
    isConfigLive: set.adoptedConfig !== undefined && set.adoptedConfig !== '',
  };
}

function podView(pod: PodObject, flaps: ReturnType<PodFlaps['since']>): PodView {
  return {
    name: pod.name,
    isReady: pod.isReady,
    readyChangedAt: pod.readyChangedAt,
    isTerminating: pod.isTerminating,
    createdAt: pod.createdAt,
    restarts: flaps.restarts,
    readinessLosses: flaps.losses,
    ...(pod.trouble ? { trouble: pod.trouble } : {}),
    ...(pod.lastWords === undefined ? {} : { lastWords: pod.lastWords }),
  };
}

function unansweredActions(store: Store, release: ReleaseObject): readonly ActionObject[] {
  return store.actions
    .byIndex('release', `${release.namespace}/${release.name}`)
    .filter((action) => action.phase === undefined);
}

/* Left without an answer they would stay for ever: only what is done is swept. */
function unreadableActions(store: Store, release: ReleaseObject): UnreadableAction[] {
  return unansweredActions(store, release).flatMap(({ name, spec }) => {
    const parsed = parseAction(spec);
    if (parsed.kind === 'valid') return [];
    const [first] = parsed.violations;
    return [{ name, why: first ? `${first.field}: ${first.message}` : 'it makes no sense' }];
  });
}

function openActions(store: Store, release: ReleaseObject): ActionView[] {
  return unansweredActions(store, release)
    .toSorted((a, b) => a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1))
    .flatMap((action) => {
      const parsed = parseAction(action.spec);
      if (parsed.kind === 'invalid') return [];
      const { action: what, revision, step, by, reason, onBehalfOf } = parsed.value;
      return [
        {
          name: action.name,
          uid: action.uid,
          action: what,
          revision,
          ...(step === undefined ? {} : { step }),
          by: onBehalfOf === undefined ? by : `${onBehalfOf}, said by ${by}`,
          ...(reason === undefined ? {} : { reason }),
        },
      ];
    });
}

/** The name of an older AppRelease that claims the same Deployment, Service or rule of a route. */
function claimant(store: Store, release: ReleaseObject): string | undefined {
  const claims = claimsOf(release);
  const rivals = (['deployment', 'service', 'route'] as const).flatMap((index) =>
    store.releases
      .byIndex(index, `${release.namespace}/${claims[index] ?? ''}`)
      .filter((rival) => index !== 'route' || claimsOf(rival).rule === claims.rule),
  );
  return rivals.find((rival) => rival.uid !== release.uid && isOlder(rival, release))?.name;
}

function claimsOf({ spec }: ReleaseObject) {
  const traffic = record(spec['traffic']);
  const routeRef = record(record(traffic['gateway'])['routeRef']);
  return {
    deployment: workloadName(spec),
    service: text(traffic['service']),
    route: text(routeRef['name']),
    rule: text(routeRef['rule']),
  };
}

/* Of two made in the same second it is the one that was dealt with first. */
function isOlder(rival: ReleaseObject, release: ReleaseObject): boolean {
  if (rival.createdAt !== release.createdAt) return rival.createdAt < release.createdAt;
  const [hasRival, has] = [rival, release].map((one) => one.finalizers.includes(FINALIZER));
  return hasRival === has ? rival.name < release.name : hasRival === true;
}
