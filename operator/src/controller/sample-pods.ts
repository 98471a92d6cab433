// One look at all pods of a release: their metrics pages, read and recognised.
import type { AppReleaseSpec } from '../api/app-release.ts';
import type { Violation } from '../api/parse.ts';
import type { ScrapeSpec } from '../api/scrape.ts';
import type { PodSample } from '../analysis/sample.ts';
import type { Instant } from '../lib/instant.ts';
import type { CounterCodec } from '../metrics/codec.ts';
import { compileLabels } from '../metrics/label-match.ts';
import { namedCounters } from '../metrics/named-counters.ts';
import { describeExpositionError } from '../metrics/exposition.ts';
import { recognize } from '../metrics/recognize.ts';
import type { PodObject, ReplicaSetObject } from './projections.ts';

/** Where one pod serves its page, and how it is asked there. */
export interface PageAddress {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly pod: { readonly namespace: string; readonly name: string };
  readonly access?: Pick<ScrapeSpec, 'scheme' | 'tls' | 'authorization'> | undefined;
}

/**
 * Text of one metrics page. Rejects with a sentence, or gives undefined, when it could not be had.
 */
export type FetchPage = (address: PageAddress) => Promise<string | undefined>;

/** One version: its set and that set's pods. */
export interface Arm {
  readonly set: ReplicaSetObject;
  readonly pods: readonly PodObject[];
}

export interface LookAt {
  readonly fetchPage: FetchPage;
  readonly spec: AppReleaseSpec;
  readonly stable: Arm | undefined;
  readonly candidate: Arm | undefined;
  /** Pods made since then belong to the release from their first request. */
  readonly startedAt: Instant;
  readonly now: Instant;
}

/** So long after it became Ready a pod's latency is that of a program warming up. */
const WARM_UP_MS = 15_000;

export interface Look {
  readonly samples: readonly PodSample[];
  /** The first counter names of a page on which nothing was recognised. */
  readonly counterNames: readonly string[];
  /** A pod whose page could not be had, and why. */
  readonly unread?: string;
}

export async function samplePods(at: LookAt): Promise<Look> {
  const codecs = namedCodecs(at.spec);
  const pairs = namedPairs(at.spec);
  const arms = [
    { arm: 'stable' as const, found: at.stable },
    { arm: 'canary' as const, found: at.candidate },
  ];
  const subjects = arms.flatMap(({ arm, found }) =>
    (found?.pods ?? []).filter(isScrapable).map((pod) => ({ arm, pod, set: found?.set, codecs, pairs })),
  );
  const looks = await Promise.all(subjects.map((subject) => samplePod(at, subject)));
  const unread = looks.find((look) => look.unread !== undefined)?.unread;
  return {
    ...(unread === undefined ? {} : { unread }),
    samples: looks.map(({ sample }) => sample),
    counterNames: looks.find(({ counterNames }) => counterNames.length > 0)?.counterNames ?? [],
  };
}

/* A pod that never answered anybody has nothing to count; one on its way out may be gone before the
   next look, and waiting for it would put the verdict off. */
function isScrapable(pod: PodObject): boolean {
  if (pod.ip === undefined || pod.isFinished || pod.isTerminating) return false;
  return pod.isReady || pod.restarts > 0;
}

interface Subject {
  readonly arm: 'stable' | 'canary';
  readonly pod: PodObject;
  readonly set: ReplicaSetObject | undefined;
  readonly codecs: readonly CounterCodec[] | undefined;
  readonly pairs: ReadonlyMap<string, CounterCodec>;
}

interface PodLook {
  readonly sample: PodSample;
  readonly counterNames: readonly string[];
  readonly unread?: string;
}

async function samplePod(
  at: LookAt,
  { arm, codecs, pairs, pod, set }: Subject,
): Promise<PodLook> {
  const scrape = at.spec.checks?.scrape;
  const wanted = scrape?.port ?? 'metrics';
  const port = typeof wanted === 'number' ? wanted : set?.ports[wanted];
  const path = scrape?.path ?? '/metrics';
  const failed = (why: string): PodLook => ({
    sample: { kind: 'failed', podUid: pod.uid, arm },
    counterNames: [],
    unread: `${pod.name}: ${why}`,
  });
  if (port === undefined) return failed(`no container has a port named ${wanted}`);
  const read = await pageAt(at, { host: pod.ip ?? '', port, path, pod, access: scrape });
  if ('why' in read) return failed(read.why);
  const excludedPaths = [...(set?.probePaths ?? []), path];
  const found = recognize(read.page, { excludedPaths, pairs, ...(codecs ? { codecs } : {}) });
  if (found.kind === 'unreadable') return failed(describeExpositionError(found.error));
  if (found.kind === 'notRecognized') {
    const sample: PodSample = { kind: 'uncounted', podUid: pod.uid, arm };
    return { sample, counterNames: found.counterNames };
  }
  // Where no series tells its path, the kubelet's probes are among the requests.
  const probes = (set?.probesPerSecond ?? 0) * (scrape?.everySeconds ?? 2);
  const sample: PodSample = {
    kind: 'counted',
    podUid: pod.uid,
    arm,
    startedAfterRelease: pod.createdAt >= at.startedAt,
    counters: found.counters,
    temperature: at.now - pod.readyChangedAt < WARM_UP_MS ? 'warmingUp' : 'warm',
    ...(found.paths === 'unknown' ? { expectedProbes: probes } : {}),
  };
  return { sample, counterNames: [] };
}

async function pageAt(
  { fetchPage }: LookAt,
  address: PageAddress,
): Promise<{ readonly page: string } | { readonly why: string }> {
  try {
    const page = await fetchPage(address);
    return page === undefined ? { why: 'no answer' } : { page };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

/* Counters that the user named replace the well-known ones. */
function namedCodecs({ checks }: AppReleaseSpec): readonly CounterCodec[] | undefined {
  const { total, errors } = checks?.errorRate ?? {};
  const codec = total && errors && codecFor(total, errors);
  return codec && [codec];
}

function namedPairs({ checks }: AppReleaseSpec): ReadonlyMap<string, CounterCodec> {
  const codecs = (checks?.counters ?? []).flatMap(({ bad, name, total }) => {
    const codec = codecFor(total, bad);
    return codec ? [[name, codec] as const] : [];
  });
  return new Map(codecs);
}

type Named = NonNullable<NonNullable<NonNullable<AppReleaseSpec['checks']>['errorRate']>['total']>;

/* Undefined where a label pattern cannot be read; counterViolations has said so. */
function codecFor(total: Named, bad: Named): CounterCodec | undefined {
  const [all, failed] = [total, bad].map(({ name, labels }) => ({
    name,
    compiled: compileLabels(labels ?? {}),
  }));
  if (all?.compiled.kind !== 'ok' || failed?.compiled.kind !== 'ok') return undefined;
  return namedCounters({
    total: { name: all.name, labels: all.compiled.value },
    errors: { name: failed.name, labels: failed.compiled.value },
  });
}

/** What is wrong with the label patterns of user-named counters: only the codec can tell. */
export function counterViolations({ checks }: AppReleaseSpec): Violation[] {
  const { errorRate } = checks ?? {};
  const named = [
    { field: 'errorRate.total', labels: errorRate?.total?.labels },
    { field: 'errorRate.errors', labels: errorRate?.errors?.labels },
    ...(checks?.counters ?? []).flatMap(({ bad, total }, index) => [
      { field: `counters[${index}].total`, labels: total.labels },
      { field: `counters[${index}].bad`, labels: bad.labels },
    ]),
  ];
  return named.flatMap(({ field, labels }) => {
    const compiled = compileLabels(labels ?? {});
    return compiled.kind === 'ok'
      ? []
      : [{ field: `spec.checks.${field}.labels`, message: compiled.error }];
  });
}
