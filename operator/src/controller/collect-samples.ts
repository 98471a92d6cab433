// Reads the counters of the pods while a release is under way, and keeps the evidence that comes of
// it. One loop per release; forming a verdict is the analysis' business, acting on it the core's.
import { analyse, initialAnalysis, type AnalysisState } from '../analysis/analyse.ts';
import { DEFAULT_PARAMS, type AnalysisParams } from '../analysis/params.ts';
import { restoreAnalysis } from '../analysis/restore.ts';
import type { PodSample } from '../analysis/sample.ts';
import type { Verdict } from '../analysis/verdict.ts';
import type { AppReleaseSpec } from '../api/app-release.ts';
import type { Violation } from '../api/parse.ts';
import { fractionOf } from '../api/primitives.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Instant } from '../lib/instant.ts';
import type { Log } from '../lib/log.ts';
import { compileLabels } from '../metrics/label-match.ts';
import { namedCounters } from '../metrics/named-counters.ts';
import type { CounterCodec } from '../metrics/codec.ts';
import { recognize } from '../metrics/recognize.ts';
import type { EvidenceView } from '../rollout/snapshot.ts';
import type { PodObject, ReplicaSetObject } from './projections.ts';

/** Text of one metrics page, or undefined when it could not be had. */
export type FetchPage = (url: {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}) => Promise<string | undefined>;

/** What a release under way wants to have watched. */
export interface Watched {
  readonly key: string;
  readonly spec: AppReleaseSpec;
  /** When the release began: pods made since then belong to it from their first request. */
  readonly startedAt: Instant;
  readonly revision: number;
  readonly weightPercent: () => number;
  readonly stable: () => Arm | undefined;
  readonly candidate: () => Arm | undefined;
  /** What status remembers of the evidence. */
  readonly stored: unknown;
}

export interface Arm {
  readonly set: ReplicaSetObject;
  readonly pods: readonly PodObject[];
}

export interface Collector {
  /** Begins (or goes on) watching; calling it again with the same revision changes nothing. */
  watch(watched: Watched): void;
  stopWatching(key: string): void;
  evidence(key: string): EvidenceView;
  /** State for status; undefined when nothing is being watched. */
  stateOf(key: string): Record<string, unknown> | undefined;
  stop(): void;
}

export interface CollectorOptions {
  readonly clock: Clock;
  readonly fetchPage: FetchPage;
  readonly log: Log;
  /** The evidence changed; `isUrgent` when it is a verdict against the candidate. */
  readonly onEvidence: (key: string, isUrgent: boolean) => void;
}

interface Watch {
  readonly revision: number;
  state: AnalysisState;
  verdict: Verdict | undefined;
  watched: Watched;
  timer: Timer | undefined;
  isStopped: boolean;
}

export function createCollector(options: CollectorOptions): Collector {
  const watches = new Map<string, Watch>();

  function schedule(key: string, watch: Watch): void {
    const everyMs = (watch.watched.spec.checks?.scrape?.everySeconds ?? 2) * 1000;
    watch.timer = options.clock.setTimer(() => void poll(key, watch), everyMs);
  }

  async function poll(key: string, watch: Watch): Promise<void> {
    try {
      const samples = await sampleAll(options, watch.watched);
      if (watch.isStopped) return;
      const before = watch.verdict?.kind;
      const { state, verdict } = analyse(
        watch.state,
        { canaryWeightPercent: watch.watched.weightPercent(), samples },
        paramsOf(watch.watched.spec),
      );
      watch.state = state;
      watch.verdict = verdict;
      options.onEvidence(key, verdict.kind === 'rollback' && before !== 'rollback');
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
      const restored =
        storedRevision(watched.stored) === watched.revision
          ? restoreAnalysis(stateIn(watched.stored))
          : undefined;
      const watch: Watch = {
        revision: watched.revision,
        state: restored ?? initialAnalysis(paramsOf(watched.spec)),
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
      return watch ? viewOf(watch) : { kind: 'none' };
    },
    stateOf(key) {
      const watch = watches.get(key);
      return watch ? { revision: watch.revision, state: watch.state } : undefined;
    },
    stop() {
      for (const key of [...watches.keys()]) this.stopWatching(key);
    },
  };
}

function storedRevision(stored: unknown): unknown {
  return typeof stored === 'object' && stored !== null
    ? (stored as { revision?: unknown }).revision
    : undefined;
}

function stateIn(stored: unknown): unknown {
  return typeof stored === 'object' && stored !== null
    ? (stored as { state?: unknown }).state
    : undefined;
}

function viewOf({ state, verdict }: Watch): EvidenceView {
  if (!verdict) {
    const { canary, stable } = state.judge;
    return {
      kind: 'judged',
      verdict: 'noData',
      sentence: 'no sample yet',
      evidence: 1,
      threshold: 100,
      canary,
      stable,
    };
  }
  const { numbers } = verdict;
  return {
    kind: 'judged',
    verdict: verdict.kind === 'promote' ? 'continue' : verdict.kind,
    ...('reason' in verdict ? { reason: verdict.reason } : {}),
    sentence: verdict.sentence,
    evidence: numbers.evidence,
    threshold: numbers.threshold,
    canary: numbers.canary,
    stable: numbers.stable,
  };
}

export function paramsOf(spec: AppReleaseSpec): AnalysisParams {
  const { checks, traffic } = spec;
  const errorRate = checks?.errorRate;
  return {
    ...DEFAULT_PARAMS,
    falseRollbackRate:
      fractionOf(checks?.falseRollbackRate ?? '1%') || DEFAULT_PARAMS.falseRollbackRate,
    errors: {
      ...DEFAULT_PARAMS.errors,
      ratio: errorRate?.ratio ?? DEFAULT_PARAMS.errors.ratio,
      margin: errorRate ? fractionOf(errorRate.margin) : DEFAULT_PARAMS.errors.margin,
    },
    // A share of pods is no share of requests: a good pod can be left unasked by kept connections.
    silence: { ...DEFAULT_PARAMS.silence, verdict: traffic?.gateway ? 'rollback' : 'hold' },
  };
}

async function sampleAll({ fetchPage }: CollectorOptions, watched: Watched): Promise<PodSample[]> {
  const codecs = namedCodecs(watched.spec);
  const arms = [
    { arm: 'stable' as const, found: watched.stable() },
    { arm: 'canary' as const, found: watched.candidate() },
  ];
  const wanted = arms.flatMap(({ arm, found }) =>
    (found?.pods ?? []).filter(isScrapable).map((pod) => ({ arm, pod, set: found?.set })),
  );
  return Promise.all(
    wanted.map(({ arm, pod, set }) => samplePod({ fetchPage, watched, codecs, arm, pod, set })),
  );
}

/* A pod that never answered anybody has nothing to count; a terminating one still has. */
function isScrapable(pod: PodObject): boolean {
  return pod.ip !== undefined && !pod.isFinished && (pod.isReady || pod.restarts > 0);
}

interface Subject {
  readonly fetchPage: FetchPage;
  readonly watched: Watched;
  readonly codecs: readonly CounterCodec[] | undefined;
  readonly arm: 'stable' | 'canary';
  readonly pod: PodObject;
  readonly set: ReplicaSetObject | undefined;
}

async function samplePod({
  fetchPage,
  watched,
  codecs,
  arm,
  pod,
  set,
}: Subject): Promise<PodSample> {
  const scrape = watched.spec.checks?.scrape;
  const port =
    typeof scrape?.port === 'number' ? scrape.port : set?.ports[scrape?.port ?? 'metrics'];
  const failed: PodSample = { kind: 'failed', podUid: pod.uid, arm };
  if (port === undefined || pod.ip === undefined) return failed;
  const page = await fetchPage({ host: pod.ip, port, path: scrape?.path ?? '/metrics' });
  if (page === undefined) return failed;
  const excludedPaths = [...(set?.probePaths ?? []), scrape?.path ?? '/metrics'];
  const found = recognize(page, { excludedPaths, ...(codecs ? { codecs } : {}) });
  switch (found.kind) {
    case 'recognized':
      return {
        kind: 'counted',
        podUid: pod.uid,
        arm,
        startedAfterRelease: pod.createdAt >= watched.startedAt,
        counters: found.counters,
      };
    case 'notRecognized':
      return { kind: 'uncounted', podUid: pod.uid, arm };
    case 'unreadable':
      return failed;
  }
}

/* Counters that the user named replace the well-known ones. */
function namedCodecs({ checks }: AppReleaseSpec): readonly CounterCodec[] | undefined {
  const { total, errors } = checks?.errorRate ?? {};
  if (!total || !errors) return undefined;
  const [all, failed] = [total, errors].map(({ name, labels }) => ({
    name,
    compiled: compileLabels(labels ?? {}),
  }));
  if (all?.compiled.kind !== 'ok' || failed?.compiled.kind !== 'ok') return undefined;
  return [
    namedCounters({
      total: { name: all.name, labels: all.compiled.value },
      errors: { name: failed.name, labels: failed.compiled.value },
    }),
  ];
}

/** What is wrong with the label patterns of user-named counters: only the codec can tell. */
export function counterViolations({ checks }: AppReleaseSpec): Violation[] {
  return (['total', 'errors'] as const).flatMap((field) => {
    const compiled = compileLabels(checks?.errorRate?.[field]?.labels ?? {});
    return compiled.kind === 'ok'
      ? []
      : [{ field: `spec.checks.errorRate.${field}.labels`, message: compiled.error }];
  });
}
