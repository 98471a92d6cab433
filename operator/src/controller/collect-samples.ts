// Reads the counters of the pods while a release is under way, and keeps the evidence that comes of
// it. One loop per release; forming a verdict is the analysis' business, acting on it the core's.
import { analyse, initialAnalysis, type AnalysisState } from '../analysis/analyse.ts';
import type { PodGrowth } from '../analysis/dispersion.ts';
import {
  type DispersionHistory,
  isDispersionKnown,
  knownDispersion,
  restoreDispersion,
  restoreHistory,
  settledHistory,
  stepHistory,
} from '../analysis/dispersion-history.ts';
import { type KnownDispersion, paramsOf } from '../analysis/params-of-spec.ts';
import type { AnalysisParams } from '../analysis/params.ts';
import { restoreAnalysis } from '../analysis/restore.ts';
import type { Verdict } from '../analysis/verdict.ts';
import type { AppReleaseSpec } from '../api/app-release.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Instant } from '../lib/instant.ts';
import type { Log } from '../lib/log.ts';
import type { EvidenceView } from '../rollout/snapshot.ts';
import { type Incidents, createIncidents, type LossesOf } from './count-incidents.ts';
import { beginEvidenceJournal, type EvidenceJournal } from './evidence-journal.ts';
import { evidenceView, type PodTally } from './evidence-view.ts';
import {
  type GatewayAccess,
  type GatewayLook,
  type GatewaySeen,
  routeNameOf,
  sampleGateway,
  seenAfter,
} from './sample-gateway.ts';
import { samplePods, type Arm, type FetchPage, type Look } from './sample-pods.ts';

/** What a release under way wants to have watched. */
export interface Watched {
  readonly key: string;
  readonly spec: AppReleaseSpec;
  /** When the release began: pods made since then belong to it from their first request. */
  readonly startedAt: Instant;
  readonly revision: number;
  readonly weightPercent: () => number;
  /** Clients inside the cluster reach the candidate past the router. */
  readonly isBypassed: boolean;
  readonly stable: () => Arm | undefined;
  readonly candidate: () => Arm | undefined;
  /** Losses of readiness of a pod, as far as this process saw them. */
  readonly lossesOf: LossesOf;
  /** What status remembers of the evidence. */
  readonly stored: unknown;
  /** What status remembers of how stable's errors cluster. */
  readonly storedDispersion: unknown;
}

export interface Collector {
  /** Begins (or goes on) watching; calling it again with the same revision changes nothing. */
  watch(watched: Watched): void;
  stopWatching(key: string): void;
  evidence(key: string): EvidenceView;
  /** State for status; undefined when nothing is being watched, or there is nothing to lose. */
  stateOf(key: string): Record<string, unknown> | undefined;
  /** What was learnt of how stable's errors cluster; undefined when nothing is being watched. */
  dispersionOf(key: string): Record<string, unknown> | undefined;
  stop(): void;
}

export interface CollectorOptions {
  readonly clock: Clock;
  readonly fetchPage: FetchPage;
  /** How gateways are read. @default - not at all */
  readonly gatewayAccess?: GatewayAccess;
  readonly log: Log;
  /** The evidence changed; `isUrgent` when it is a verdict against the candidate. */
  readonly onEvidence: (key: string, isUrgent: boolean) => void;
}

interface Watch {
  readonly revision: number;
  /** Fixed for the release: the bound on false rollbacks holds for rules chosen before the data. */
  readonly params: AnalysisParams;
  readonly dispersion: KnownDispersion;
  readonly tempering: 'assumed' | 'estimated';
  readonly incidents: Incidents;
  readonly journal: EvidenceJournal;
  history: DispersionHistory;
  /** What each candidate pod has answered, by its uid; since this process watches it. */
  readonly tallies: Map<string, PodTally>;
  /** What was seen of the gateway, where it is looked at. */
  gateway: GatewaySeen | undefined;
  /** Counter names of a page on which nothing was recognised, for the condition. */
  counterNames: readonly string[];
  /** A pod whose page could not be had, and why. */
  unread: string | undefined;
  state: AnalysisState;
  verdict: Verdict | undefined;
  watched: Watched;
  timer: Timer | undefined;
  isStopped: boolean;
}

export function createCollector(options: CollectorOptions): Collector {
  const { clock, fetchPage, gatewayAccess } = options;
  const watches = new Map<string, Watch>();

  function schedule(key: string, watch: Watch): void {
    const everyMs = everySecondsOf(watch.watched.spec) * 1000;
    watch.timer = options.clock.setTimer(() => void poll(key, watch), everyMs);
  }

  async function lookAtGateway(key: string, watch: Watch): Promise<GatewayLook | undefined> {
    const { spec } = watch.watched;
    const gateway = spec.checks?.gateway;
    if (!gateway || !gatewayAccess || watch.params.gateway === 'absent') return undefined;
    const [namespace = '', name = ''] = key.split('/');
    const release = { namespace, name, route: routeNameOf(spec, name) };
    return sampleGateway(gatewayAccess, { gateway, release, known: watch.gateway?.proxies ?? [] });
  }

  async function poll(key: string, watch: Watch): Promise<void> {
    try {
      const { spec, startedAt } = watch.watched;
      const stable = watch.watched.stable();
      const candidate = watch.watched.candidate();
      const isRead = watch.params.pods === 'scraped';
      // At the same time, so that both tell of the same requests.
      const [{ samples, counterNames, unread }, gateway] = await Promise.all([
        isRead
          ? samplePods({ fetchPage, spec, startedAt, stable, candidate, now: clock.now() })
          : NOTHING_READ,
        lookAtGateway(key, watch),
      ]);
      if (watch.isStopped) return;
      const before = watch.verdict;
      const incidents = watch.incidents.count({ stable, candidate }, watch.watched);
      const canaryWeightPercent = watch.watched.weightPercent();
      const atGateway = gateway ? { gateway: gateway.samples } : {};
      const poll = { canaryWeightPercent, samples, ...incidents, ...atGateway };
      const analysed = analyse(watch.state, poll, watch.params);
      const { growths, state, verdict } = analysed;
      watch.journal.poll(analysed);
      watch.state = state;
      watch.verdict = verdict;
      watch.counterNames = counterNames;
      watch.unread = unread;
      watch.gateway = gateway && seenAfter(watch.gateway, gateway);
      watch.history = stepHistory(watch.history, growths, everySecondsOf(spec));
      tally(watch, growths, candidate);
      if (!isCounted(watch.params) && before?.kind === verdict.kind) return;
      options.onEvidence(key, verdict.kind === 'rollback' && before?.kind !== 'rollback');
    } catch (error) {
      options.log('error', 'samples could not be judged', { release: key, error: String(error) });
    } finally {
      if (!watch.isStopped) schedule(key, watch);
    }
  }

  return {
    watch(watched) {
      const known = watches.get(watched.key);
      if (known?.revision === watched.revision) {
        known.watched = watched;
        return;
      }
      known?.timer?.cancel();
      if (known) known.isStopped = true;
      const stored = storedOf(watched.stored, watched.revision);
      const restored = restoreAnalysis(stored.state);
      const history = restoreHistory(watched.storedDispersion);
      const dispersion = dispersionFor(stored, history);
      const params = paramsOf(watched.spec, { isBypassed: watched.isBypassed, dispersion });
      const state = restored ?? initialAnalysis(params);
      const { key: release, revision } = watched;
      const watch: Watch = {
        revision: watched.revision,
        params,
        dispersion,
        tempering: isDispersionKnown(history) ? 'estimated' : 'assumed',
        history,
        incidents: createIncidents(options.clock),
        journal: beginEvidenceJournal(options.log, { release, revision, params, state }),
        tallies: new Map(),
        gateway: undefined,
        counterNames: [],
        unread: undefined,
        state,
        verdict: undefined,
        watched,
        timer: undefined,
        isStopped: false,
      };
      watches.set(watched.key, watch);
      schedule(watched.key, watch);
    },
    stopWatching(key) {
      const watch = watches.get(key);
      if (!watch) return;
      watch.isStopped = true;
      watch.timer?.cancel();
      watches.delete(key);
    },
    evidence(key) {
      const watch = watches.get(key);
      return watch
        ? evidenceView({ ...watch, candidatePods: [...watch.tallies.values()] })
        : { kind: 'none' };
    },
    stateOf(key) {
      const watch = watches.get(key);
      if (!watch || !hasEvidence(watch)) return undefined;
      const { dispersion, revision, state } = watch;
      return { revision, state, dispersion };
    },
    dispersionOf(key) {
      const watch = watches.get(key);
      return watch?.params.pods === 'scraped' ? settledHistory(watch.history) : undefined;
    },
    stop() {
      for (const key of [...watches.keys()]) this.stopWatching(key);
    },
  };
}

const NOTHING_READ: Look = { samples: [], counterNames: [] };
const DEFAULT_EVERY_SECONDS = 2;

function everySecondsOf({ checks }: AppReleaseSpec): number {
  return checks?.scrape?.everySeconds ?? DEFAULT_EVERY_SECONDS;
}

/* Where no metrics are read, a restart loses nothing until something has happened to a pod. */
function hasEvidence({ params, state }: Watch): boolean {
  const { readiness, restarts } = state.judge.signals;
  const seen = [readiness, restarts].some((signal) => (signal?.seen.canary ?? 0) > 0);
  return isCounted(params) || seen;
}

function isCounted({ gateway, pods }: AnalysisParams): boolean {
  return pods === 'scraped' || gateway === 'judged';
}

/* Bounded by the pods there are: those that are gone are told of no more. */
function tally({ tallies }: Watch, growths: readonly PodGrowth[], candidate: Arm | undefined): void {
  const names = new Map(candidate?.pods.map(({ name, uid }) => [uid, name]));
  for (const uid of tallies.keys()) if (!names.has(uid)) tallies.delete(uid);
  for (const { errors, podUid, requests } of growths) {
    const name = names.get(podUid);
    if (name === undefined) continue;
    const before = tallies.get(podUid) ?? { requests: 0, errors: 0 };
    tallies.set(podUid, {
      name,
      requests: before.requests + requests,
      errors: before.errors + errors,
    });
  }
}

interface Stored {
  readonly revision?: unknown;
  readonly state?: unknown;
  readonly dispersion?: unknown;
}

/* What a status holds was not necessarily written by us. */
function storedOf(value: unknown, revision: number): Stored {
  const stored: Stored = typeof value === 'object' && value !== null ? value : {};
  return stored.revision === revision ? stored : {};
}

/* A release that goes on is judged by what was known when it began. */
function dispersionFor({ dispersion }: Stored, history: DispersionHistory): KnownDispersion {
  return restoreDispersion(dispersion) ?? knownDispersion(history);
}
