// Asks the queries of releases under way, each at its own pace, and keeps what came of it in memory.
// One loop per query; what an answer means is the analysis' business, acting on it the core's.
import {
  initialResult,
  type QueryResult,
  type QueryResults,
  stepQuery,
} from '../../analysis/queries.ts';
import { queryLine } from '../../analysis/query-line.ts';
import type { QuerySample, QuerySamples } from '../../analysis/query-sample.ts';
import type { PlaceholderValues } from '../../api/placeholders.ts';
import {
  everySecondsOf,
  isAboutVersion,
  type QuerySpec,
  sourceOf,
  timeoutSecondsOf,
} from '../../api/query-spec.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import { isSame } from '../../lib/json.ts';
import { createLimiter, type Limiter } from '../../lib/limiter.ts';
import type { Log } from '../../lib/log.ts';
import { failed } from '../../metrics/queries/query-codec.ts';
import { askHttp, type HttpAskers } from './ask-http.ts';
import { type JobFate, type JobRunner, runJob } from './run-job.ts';

/** A release under way, as far as queries ask about it. */
export interface WatchedQueries {
  /** Namespace and name of the AppRelease. */
  readonly key: string;
  readonly releaseUid: string;
  readonly queries: readonly QuerySpec[];
  readonly candidate: PlaceholderValues;
  readonly stable: PlaceholderValues;
  /** What an earlier process has seen of this candidate; only looked at when the asking begins. */
  readonly known: QueryResults;
  /** Before its first pod is ready there is nothing to ask about, and a check would fail for that. */
  readonly isServing: () => boolean;
}

export interface QueryWatcher {
  /** Begins (or goes on) asking; calling it again with the same release changes nothing. */
  watch(watched: WatchedQueries): void;
  /** Deletes the Job that is running for it, if any. */
  stopWatching(key: string): void;
  /** One result for each query, in the order of the specification; empty when nothing is watched. */
  results(key: string): QueryResults;
  stop(): void;
}

export interface QueryWatcherOptions extends HttpAskers {
  readonly clock: Clock;
  readonly log: Log;
  readonly client: JobRunner['client'];
  /** A result changed; `isUrgent` when it is a verdict against the candidate. */
  readonly onResult: (key: string, isUrgent: boolean) => void;
}

/** What is asked over HTTP for one release at one time: a slow source holds up its own release. */
const IN_FLIGHT_MAX = 2;
/** How soon to look again whether the candidate serves. */
const NOT_SERVING_MS = 1000;

interface Watch {
  watched: WatchedQueries;
  readonly loops: Map<string, Loop>;
  readonly inTurn: Limiter;
}

interface Loop {
  readonly query: QuerySpec;
  result: QueryResult;
  /** How often, since this process began. */
  asked: number;
  timer: Timer | undefined;
  /** Aborted with what is to become of a Job that is running. */
  readonly stopping: AbortController;
}

export function createQueryWatcher(options: QueryWatcherOptions): QueryWatcher {
  const watches = new Map<string, Watch>();

  function begin(watch: Watch, query: QuerySpec, known: QueryResults = []): void {
    const loop: Loop = {
      query,
      result: known.find(({ name }) => name === query.name) ?? initialResult(query.name),
      asked: 0,
      timer: undefined,
      stopping: new AbortController(),
    };
    watch.loops.set(query.name, loop);
    schedule(watch, loop, 0);
  }

  function schedule(watch: Watch, loop: Loop, afterMs: number): void {
    loop.timer = options.clock.setTimer(() => void turn(watch, loop), afterMs);
  }

  async function turn(watch: Watch, loop: Loop): Promise<void> {
    const { clock } = options;
    if (!watch.watched.isServing()) {
      schedule(watch, loop, NOT_SERVING_MS);
      return;
    }
    const startedAt = clock.monotonic();
    const samples = await askSafely(watch, loop);
    if (loop.stopping.signal.aborted) return;
    const before = loop.result;
    const next = stepQuery(before, loop.query, samples);
    loop.asked += 1;
    journal(watch, loop, { before, samples, next });
    take(watch, loop, next);
    const nextAt = startedAt + everySecondsOf(loop.query) * 1000;
    schedule(watch, loop, Math.max(0, nextAt - clock.monotonic()));
  }

  async function askSafely({ watched, inTurn }: Watch, loop: Loop): Promise<QuerySamples> {
    try {
      return await askBoth(options, {
        watched,
        query: loop.query,
        inTurn,
        signal: loop.stopping.signal,
      });
    } catch (error) {
      options.log('error', 'a query could not be asked', {
        release: watched.key,
        query: loop.query.name,
        error: String(error),
      });
      return { candidate: failed('it could not be asked; the log of the operator says why') };
    }
  }

  function journal(
    { watched }: Watch,
    { asked, query }: Loop,
    asking: { before: QueryResult; samples: QuerySamples; next: QueryResult },
  ): void {
    const { candidate, key } = watched;
    const revision = Number(candidate.revision);
    options.log('info', 'query', { ...queryLine({ release: key, revision, query, asked, ...asking }) });
  }

  function take({ watched }: Watch, loop: Loop, next: QueryResult): void {
    const before = loop.result;
    loop.result = next;
    if (isSame(before, next)) return;
    options.onResult(watched.key, next.state === 'failed' && before.state !== 'failed');
  }

  return {
    watch(watched) {
      const known = watches.get(watched.key);
      if (known && isSame(known.watched.candidate, watched.candidate)) {
        known.watched = watched;
        keepInStep(known, begin);
        return;
      }
      if (known) end(known, 'delete');
      const watch: Watch = { watched, loops: new Map(), inTurn: createLimiter(IN_FLIGHT_MAX) };
      watches.set(watched.key, watch);
      // What is known is of the first candidate that this process sees; a later one begins anew.
      const before = known ? [] : watched.known;
      keepInStep(watch, (of, query) => begin(of, query, before));
    },
    stopWatching(key) {
      const watch = watches.get(key);
      if (watch) end(watch, 'delete');
      watches.delete(key);
    },
    results(key) {
      const watch = watches.get(key);
      return (watch?.watched.queries ?? []).flatMap(
        ({ name }) => watch?.loops.get(name)?.result ?? [],
      );
    },
    stop() {
      // The next process goes on with the Jobs that are running.
      for (const watch of watches.values()) end(watch, 'leave');
      watches.clear();
    },
  };
}

/* A query that was changed is another query: what the old one has shown says nothing about it. */
function keepInStep(watch: Watch, begin: (watch: Watch, query: QuerySpec) => void): void {
  const { queries } = watch.watched;
  for (const [name, loop] of watch.loops) {
    if (queries.some((query) => isSame(query, loop.query))) continue;
    endLoop(loop, 'delete');
    watch.loops.delete(name);
  }
  for (const query of queries) {
    if (!watch.loops.has(query.name)) begin(watch, query);
  }
}

function end(watch: Watch, fate: JobFate): void {
  for (const loop of watch.loops.values()) endLoop(loop, fate);
}

function endLoop(loop: Loop, fate: JobFate): void {
  loop.timer?.cancel();
  loop.stopping.abort(fate);
}

interface Asking {
  readonly watched: WatchedQueries;
  readonly query: QuerySpec;
  readonly inTurn: Limiter;
  readonly signal: AbortSignal;
}

async function askBoth(options: QueryWatcherOptions, asking: Asking): Promise<QuerySamples> {
  const { inTurn, query, signal, watched } = asking;
  const source = sourceOf(query);
  if (!source) throw new Error(`query ${query.name} has no source`);
  const timeoutSeconds = timeoutSecondsOf(query);
  if (source.kind === 'job') {
    const { candidate: values, releaseUid: ownerUid } = watched;
    const ask = { queryName: query.name, source, values, timeoutSeconds, ownerUid, signal };
    return { candidate: await runJob(options, ask) };
  }
  const ask = (values: PlaceholderValues): Promise<QuerySample> =>
    askHttp(options, { source, values, timeoutSeconds, now: options.clock.now() });
  return inTurn(async () => {
    if (!isAboutVersion(query)) return { candidate: await ask(watched.candidate) };
    const [candidate, stable] = await Promise.all([ask(watched.candidate), ask(watched.stable)]);
    return { candidate, stable };
  });
}
