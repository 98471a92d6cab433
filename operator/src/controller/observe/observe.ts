// From caches to one Snapshot, and beside it the raw things that carrying out a decision needs.
import type { QueryResults } from '../../analysis/queries.ts';
import { FINALIZER, LABEL } from '../../api/labels.ts';
import { parseStatus } from '../../api/parse.ts';
import type { KubeClient } from '../../kube/client.ts';
import { number } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import type { EvidenceView, ReleaseView, Snapshot } from '../../rollout/snapshot.ts';
import { stateOf } from '../../rollout/state-codec.ts';
import type { Problem } from '../errors.ts';
import type { ReleaseObject } from '../projections.ts';
import { knownQueries } from '../queries/known-queries.ts';
import { openActions, unreadableActions } from './actions.ts';
import { claimant } from './claimant.ts';
import { workloadName } from './hand-back-spec.ts';
import { readLive } from './live-store.ts';
import type { Materials } from './materials.ts';
import { setView } from './sets.ts';
import { parseFor } from './spec.ts';
import { observeTraffic } from './traffic.ts';
import { type FirstSeen, readWanted, type WantedSources, wantedView } from './wanted.ts';
import { workloadView } from './workload.ts';

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

export interface ObserverOptions extends WantedSources {
  /** For live reads, where a cache has fallen behind. */
  readonly client: KubeClient;
  readonly log: Log;
  /** Only AppReleases that are given to this instance are looked at. */
  readonly instance: string;
}

/** After this long without seeing our own write, the caches are not waited for any more. */
const STALE_MAX_MS = 5000;

export function createObserver(options: ObserverOptions): Observer {
  const firstSeen: FirstSeen = new Map();
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
  readonly firstSeen: FirstSeen;
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
  const { firstSeen } = subject;
  const wanted =
    configured && wantedView(options, { key, firstSeen, configured, raw: template, sets });
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
    workload: workloadView(store, { workload, deployment, template, release, configured }),
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

