// The way forward: from what happened to the write that answers it. Both are seen by watches of this
// process, so each latency is the operator's own time plus one write of the API server.
import { setTimeout as delay } from 'node:timers/promises';

import type { Bench, Size } from '../bench.ts';
import { latencyFigures } from '../latency.ts';
import type { Lab } from '../lab/lab.ts';
import { createPatchProbe } from '../lab/noise.ts';
import {
  canaryWeightOf, createRelease, desiredOf, isReadyPod, type ReleaseOptions, revisionOf, statusOf,
} from '../lab/release.ts';
import { eachToNext, firstToFirst, lastToEach, startTrace, type Traced } from '../lab/trace.ts';

const PAUSE_MS = 1000;
const STEPS = [20, 40, 60].flatMap((weight) => [{ weight }, { pause: { seconds: PAUSE_MS / 1000 } }]);
const RUNS: Readonly<Record<Size, number>> = { full: 20, small: 2 };

export const reactions: Bench = {
  name: 'reactions',
  what: 'a change, the end of a pause and readiness, to the next write',
  async run(lab, size) {
    const byPods = await play(lab, RUNS[size], {});
    const byRoute = await play(lab, RUNS[size], { gateway: { settleSeconds: 0 } });
    const [pods, route] = [byPods.note, byRoute.note];
    return [
      ...latencyFigures('change -> first candidate ReplicaSet', {
        samplesMs: byPods.changeMs, p50Ms: 25, peers: 'Argo Rollouts p50 62-77 ms, Flagger 5-7 s', note: pods,
      }),
      ...latencyFigures('pause over -> next size written', {
        samplesMs: byPods.pauseMs, p50Ms: 15, p99Ms: 50, peers: 'Argo Rollouts p50 49-77, p95 76-350 ms', note: pods,
      }),
      ...latencyFigures('pod Ready -> stable gives up as many', {
        samplesMs: byPods.readyMs, p50Ms: 15, p99Ms: 50, note: pods,
      }),
      ...latencyFigures('endpoints complete -> next weight of the route', {
        samplesMs: byRoute.endpointsMs, p50Ms: 15, p99Ms: 50, note: route,
      }),
      ...latencyFigures('pod Ready -> next weight, endpoint controller included', {
        samplesMs: byRoute.readyMs, note: route,
      }),
    ];
  },
};

type Played = {
  readonly changeMs: readonly number[];
  readonly pauseMs: readonly number[];
  readonly readyMs: readonly number[];
  readonly endpointsMs: readonly number[];
  readonly note: string;
};

const play = (lab: Lab, runs: number, more: Pick<ReleaseOptions, 'gateway'>): Promise<Played> =>
  lab.inNamespace('reactions', async (site) => {
    const probe = await createPatchProbe(site.client, site.namespace);
    const release = await createRelease(site, { steps: STEPS, replicas: 10, ...more });
    const trace = await startTrace(site);
    site.startOperator();
    await release.ready();
    const played = { changeMs: [], pauseMs: [], readyMs: [], endpointsMs: [] } as {
      [K in 'changeMs' | 'pauseMs' | 'readyMs' | 'endpointsMs']: number[];
    };
    for (let run = 0; run < runs; run += 1) {
      await delay(300);
      await probe.sample();
      trace.clear();
      const revision = await release.change();
      await release.untilPromoted(revision);
      const { entries } = trace;
      const answer = more.gateway ? isMoreWeight : isLessStable(revision);
      const changeMs = firstToFirst(entries, isChange, isNewSet(revision));
      if (changeMs !== undefined) played.changeMs.push(changeMs);
      played.pauseMs.push(...eachToNext(pauseEnds(entries), entries, isMoreCandidate(revision)));
      played.readyMs.push(...lastToEach(entries, isNewlyReady(revision), answer));
      played.endpointsMs.push(...lastToEach(entries, isCanarySlice, answer));
    }
    return { ...played, note: probe.text() };
  });

const isChange = ({ kind }: Traced): boolean => kind === 'Deployment';

const isNewSet = (revision: number) => ({ kind, raw }: Traced): boolean =>
  kind === 'ReplicaSet' && revisionOf(raw) === revision;

const isMoreCandidate = (revision: number) => ({ kind, previous, raw }: Traced): boolean =>
  kind === 'ReplicaSet' && revisionOf(raw) === revision &&
  previous !== undefined && desiredOf(raw) > desiredOf(previous);

const isLessStable = (revision: number) => ({ kind, previous, raw }: Traced): boolean =>
  kind === 'ReplicaSet' && revisionOf(raw) === revision - 1 &&
  previous !== undefined && desiredOf(raw) < desiredOf(previous);

const isMoreWeight = ({ kind, previous, raw }: Traced): boolean =>
  kind === 'HTTPRoute' && previous !== undefined && canaryWeightOf(raw) > canaryWeightOf(previous);

const isNewlyReady = (revision: number) => ({ kind, previous, raw }: Traced): boolean =>
  kind === 'Pod' && isReadyPod(raw) && !(previous && isReadyPod(previous)) &&
  (raw.metadata.ownerReferences?.[0]?.name ?? '').includes(`-r${revision}-`);

const isCanarySlice = ({ kind, raw }: Traced): boolean =>
  kind === 'EndpointSlice' && raw.metadata.labels?.['kubernetes.io/service-name']?.endsWith('-canary') === true;

/** When each pause was over, by the wall clock: the operator says when it began. */
const pauseEnds = (entries: readonly Traced[]): readonly number[] => {
  const begun = entries
    .filter(({ kind }) => kind === 'AppRelease')
    .map(({ raw }) => statusOf(raw).step)
    .filter((step) => step?.kind === 'pause')
    .map((step) => Date.parse(step?.startedAt ?? ''));
  return [...new Set(begun)].map((startedMs) => startedMs + PAUSE_MS);
};
