// The metrics pages that pods would serve if users sent them requests: a steady rate, shared by the
// weights of a route, and one version that answers each request with an error.
import { POD } from '../../../operator/src/controller/resources.ts';
import type { FetchPage } from '../../../operator/src/controller/sample-pods.ts';
import { record } from '../../../operator/src/lib/json.ts';
import type { Site } from './lab.ts';
import { canaryWeightOf } from './release.ts';
import type { Sightings } from './sightings.ts';

export type SimulatedTraffic = {
  readonly fetchPage: FetchPage;
  /** Pods of this revision answer nothing but errors. */
  setBad(revision: number): void;
  /** When the last page of a bad pod was given out; by `performance.now()`. */
  lastBadPageMs(): number | undefined;
};

type Counters = { requests: number; errors: number; atMs: number };

export const simulateTraffic = async (
  site: Site,
  { routes, requestsPerSecond }: { readonly routes: Sightings; readonly requestsPerSecond: number },
): Promise<SimulatedTraffic> => {
  const pods = await site.watch(POD);
  const counters = new Map<string, Counters>();
  let bad = 0;
  let lastBadMs: number | undefined;

  const revisionAt = (ip: string): { name: string; revision: number } | undefined => {
    const pod = pods.list().find(({ status }) => record(status)['podIP'] === ip);
    const [, revision] = /-r(\d+)-/.exec(pod?.metadata.name ?? '') ?? [];
    return pod && { name: pod.metadata.name ?? '', revision: Number(revision) };
  };

  const rateOf = (revision: number): number => {
    const weight = canaryWeightOf(routes.list()[0] ?? { metadata: {} });
    const newest = Math.max(...pods.list().map(({ metadata }) => revisionIn(metadata.name)));
    const peers = pods.list().filter(({ metadata }) => revisionIn(metadata.name) === revision).length;
    const share = revision === newest && weight > 0 ? weight / 100 : (100 - weight) / 100;
    return (requestsPerSecond * share) / Math.max(1, peers);
  };

  return {
    setBad(revision) {
      bad = revision;
      lastBadMs = undefined;
    },
    lastBadPageMs: () => lastBadMs,
    fetchPage: ({ host }) => {
      const pod = revisionAt(host);
      if (!pod) return Promise.resolve(undefined);
      const nowMs = performance.now();
      const known = counters.get(pod.name) ?? { requests: 0, errors: 0, atMs: nowMs };
      const answered = (rateOf(pod.revision) * (nowMs - known.atMs)) / 1000;
      const isBad = pod.revision === bad;
      counters.set(pod.name, {
        requests: known.requests + answered,
        errors: known.errors + (isBad ? answered : 0),
        atMs: nowMs,
      });
      if (isBad && answered > 0) lastBadMs = nowMs;
      return Promise.resolve(pageOf(known.requests + answered, known.errors + (isBad ? answered : 0)));
    },
  };
};

const revisionIn = (name = ''): number => Number(/-r(\d+)-/.exec(name)?.[1] ?? 0);

const pageOf = (requests: number, errors: number): string => [
  '# TYPE http_requests_total counter',
  `http_requests_total{code="200",handler="/"} ${Math.floor(requests - errors)}`,
  `http_requests_total{code="500",handler="/"} ${Math.floor(errors)}`,
  '',
].join('\n');
