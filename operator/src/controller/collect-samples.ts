// Reads the counters of the pods while a release is under way, and keeps the evidence that comes of
// it. One loop per release; forming a verdict is the analysis' business, acting on it the core's.
import { analyse, initialAnalysis, type AnalysisState } from '../analysis/analyse.ts';
import { DEFAULT_PARAMS, type AnalysisParams } from '../analysis/params.ts';
import { restoreAnalysis } from '../analysis/restore.ts';
import type { Verdict } from '../analysis/verdict.ts';
import type { AppReleaseSpec } from '../api/app-release.ts';
import { fractionOf } from '../api/primitives.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Instant } from '../lib/instant.ts';
import type { Log } from '../lib/log.ts';
import type { EvidenceView } from '../rollout/snapshot.ts';
import { samplePods, type Arm, type FetchPage } from './sample-pods.ts';

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
  /** What status remembers of the evidence. */
  readonly stored: unknown;
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
  /** Fixed for the release: the bound on false rollbacks holds for rules chosen before the data. */
  readonly params: AnalysisParams;
  /** Counter names of a page on which nothing was recognised, for the condition. */
  counterNames: readonly string[];
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
      const { spec, startedAt, stable, candidate } = watch.watched;
      const { samples, counterNames } = await samplePods({
        fetchPage: options.fetchPage,
        spec,
        startedAt,
        stable: stable(),
        candidate: candidate(),
      });
      if (watch.isStopped) return;
      const before = watch.verdict?.kind;
      const { state, verdict } = analyse(
        watch.state,
        { canaryWeightPercent: watch.watched.weightPercent(), samples },
        watch.params,
      );
      watch.state = state;
      watch.verdict = verdict;
      watch.counterNames = counterNames;
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
      const params = paramsOf(watched.spec, watched.isBypassed);
      const watch: Watch = {
        revision: watched.revision,
        params,
        counterNames: [],
        state: restored ?? initialAnalysis(params),
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

function viewOf({ counterNames, params, state, verdict }: Watch): EvidenceView {
  if (!verdict) {
    const { canary, stable } = state.judge;
    return {
      kind: 'judged',
      verdict: 'noData',
      sentence: 'no sample yet',
      evidence: 1,
      threshold: 1 / params.falseRollbackRate,
      canary,
      stable,
    };
  }
  const { numbers } = verdict;
  return {
    kind: 'judged',
    verdict: verdict.kind === 'promote' ? 'continue' : verdict.kind,
    ...('reason' in verdict ? { reason: verdict.reason } : {}),
    sentence: `${verdict.sentence}${seenInstead(verdict, counterNames)}`,
    evidence: numbers.evidence,
    threshold: numbers.threshold,
    canary: numbers.canary,
    stable: numbers.stable,
  };
}

/* Whoever has to name the counters should not have to look for them. */
function seenInstead(verdict: Verdict, counterNames: readonly string[]): string {
  const isUnknown = verdict.kind === 'noData' && verdict.reason === 'MetricsNotRecognized';
  return isUnknown && counterNames.length > 0 ? `; its counters: ${counterNames.join(', ')}` : '';
}

/** What the judge is told before the release begins. */
export function paramsOf(spec: AppReleaseSpec, isBypassed = false): AnalysisParams {
  const { checks, traffic } = spec;
  const splitsRequests = traffic?.gateway !== undefined && !isBypassed;
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
    // So can the candidate be whose rivals serve clients that go past the router.
    silence: { ...DEFAULT_PARAMS.silence, verdict: splitsRequests ? 'rollback' : 'hold' },
  };
}
