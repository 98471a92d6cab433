// The way back: from an abort, a certain failure or a verdict to the write that takes users away.
import { setTimeout as delay } from 'node:timers/promises';

import { POD, RELEASE_ACTION } from '../../../operator/src/controller/resources.ts';
import type { RawObject } from '../../../operator/src/kube/resource.ts';
import { list, record } from '../../../operator/src/lib/json.ts';
import type { Bench, Size } from '../bench.ts';
import { latencyFigures } from '../latency.ts';
import type { Lab, Site } from '../lab/lab.ts';
import { createPatchProbe } from '../lab/noise.ts';
import { canaryWeightOf, createRelease, type ReleaseUnderTest } from '../lab/release.ts';
import { firstToFirst, startTrace, type Traced } from '../lab/trace.ts';

const STEPS = [{ weight: 20 }, { pause: {} }];
const RUNS: Readonly<Record<Size, number>> = { full: 20, small: 2 };

export const retreats: Bench = {
  name: 'retreats',
  what: 'an abort and a certain failure, to weight 0',
  async run(lab, size) {
    const aborts = await play(lab, RUNS[size], { provoke: abort, cause: isAction });
    const crashes = await play(lab, RUNS[size], { provoke: crash, cause: isCrashing });
    return [
      ...latencyFigures('abort -> weight 0 written', { ...aborts, p99Ms: 100 }),
      ...latencyFigures('pods in a crash loop -> weight 0 written', {
        ...crashes,
        p99Ms: 5000,
        peers: 'Argo Rollouts and Flagger: the deadline (600 s)',
      }),
    ];
  },
};

type Scene = {
  readonly provoke: (site: Site, release: ReleaseUnderTest, revision: number) => Promise<void>;
  readonly cause: (entry: Traced) => boolean;
};

const play = (
  lab: Lab,
  runs: number,
  { provoke, cause }: Scene,
): Promise<{ readonly samplesMs: readonly number[]; readonly note: string }> =>
  lab.inNamespace('retreats', async (site) => {
    const probe = await createPatchProbe(site.client, site.namespace);
    const release = await createRelease(site, {
      steps: STEPS,
      replicas: 4,
      gateway: { settleSeconds: 0 },
    });
    const trace = await startTrace(site);
    site.startOperator();
    await release.ready();
    const samplesMs: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const revision = await release.change();
      await release.untilStatus(
        `revision ${revision} to carry weight`,
        ({ candidate, phase, weight }) =>
          candidate?.revision === revision && phase === 'Paused' && weight?.observed === 20,
      );
      await probe.sample();
      await delay(200);
      trace.clear();
      await provoke(site, release, revision);
      await release.untilStatus(
        `revision ${revision} to be rolled back`,
        ({ candidate, stage }) => candidate?.revision === revision && stage === 'RolledBack',
      );
      const lagMs = firstToFirst(trace.entries, cause, isWithoutWeight);
      if (lagMs !== undefined) samplesMs.push(lagMs);
    }
    return { samplesMs, note: probe.text() };
  });

const isWithoutWeight = ({ kind, raw }: Traced): boolean =>
  kind === 'HTTPRoute' && canaryWeightOf(raw) === 0;

const abort = async (
  { client }: Site,
  { place }: ReleaseUnderTest,
  revision: number,
): Promise<void> => {
  await client.create(RELEASE_ACTION, {
    metadata: { namespace: place.namespace, name: `abort-${revision}` },
    spec: { release: place.name, action: 'abort', revision, by: 'bench' },
  });
};

const isAction = ({ kind, previous }: Traced): boolean =>
  kind === 'ReleaseAction' && previous === undefined;

/* What a kubelet reports of a container that crashed and is held back before its next start. */
const crash = async (
  { client, namespace }: Site,
  _release: ReleaseUnderTest,
  revision: number,
): Promise<void> => {
  const pods = (await client.list(POD, { namespace })).items.filter(isOfRevision(revision));
  for (const { metadata, status } of pods) {
    const containerStatuses = list(record(status)['containerStatuses']).map((container) => ({
      ...record(container),
      ready: false,
      restartCount: 1,
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: 'back-off 10s restarting failed container',
        },
      },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    }));
    const conditions = list(record(status)['conditions'])
      .map(record)
      .map((condition) =>
        /^(Ready|ContainersReady)$/.test(String(condition['type']))
          ? { ...condition, status: 'False' }
          : condition,
      );
    await client.mergePatch(
      { type: POD, namespace, name: metadata.name ?? '' },
      { status: { containerStatuses, conditions } },
      { subresource: 'status' },
    );
  }
};

const isOfRevision =
  (revision: number) =>
  ({ metadata }: RawObject): boolean =>
    (metadata.ownerReferences?.[0]?.name ?? '').includes(`-r${revision}-`);

const isCrashing = ({ kind, raw }: Traced): boolean =>
  kind === 'Pod' &&
  JSON.stringify(record(raw['status'])['containerStatuses'] ?? []).includes('CrashLoopBackOff');
