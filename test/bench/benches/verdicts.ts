// From the first bad response to weight 0, and from the page that decided it. The operator runs in
// this process, so that the pages it reads can be simulated: fake pods answer nobody.
import { startOperator } from '../../../operator/src/operator.ts';
import { systemClock } from '../../../operator/src/lib/clock.ts';
import type { Bench, Size } from '../bench.ts';
import { latencyFigures } from '../latency.ts';
import { createPatchProbe } from '../lab/noise.ts';
import { canaryWeightOf, createRelease } from '../lab/release.ts';
import { simulateTraffic } from '../lab/simulated-traffic.ts';
import { startTrace, type Traced } from '../lab/trace.ts';

const WEIGHT = 5;
const REQUESTS_PER_SECOND = 50;
const STEPS = [{ weight: WEIGHT }, { verify: { seconds: 60 } }];
const RUNS: Readonly<Record<Size, number>> = { full: 20, small: 2 };
/** Until the canary's first request at that weight, on average. */
const FIRST_REQUEST_MS = 1000 / (REQUESTS_PER_SECOND * (WEIGHT / 100));

export const verdicts: Bench = {
  name: 'verdicts',
  what: 'every response bad at 5 % of 50 requests per second, to weight 0',
  run: (lab, size) =>
    lab.inNamespace('verdicts', async (site) => {
      const { client, namespace } = site;
      const probe = await createPatchProbe(client, namespace);
      const release = await createRelease(site, {
        steps: STEPS,
        replicas: 4,
        gateway: { settleSeconds: 3 },
        checks: { scrape: {} },
      });
      const trace = await startTrace(site);
      const traffic = await simulateTraffic(site, {
        routes: release.routes,
        requestsPerSecond: REQUESTS_PER_SECOND,
      });
      const operator = startOperator({
        transport: lab.transport('slipway-bench-operator'),
        clock: systemClock,
        log: () => undefined,
        namespaces: [namespace],
        instance: 'slipway',
        leaseNamespace: namespace,
        identity: 'in-process',
        fetchPage: traffic.fetchPage,
        send: () => Promise.resolve({ kind: 'failed', why: 'nothing is asked here' }),
        onLost: (why) => {
          throw new Error(`the operator in the bench was lost: ${why}`);
        },
      });
      site.onEnd(() => operator.stop());
      await release.ready();
      const fromResponseMs: number[] = [];
      const fromPageMs: number[] = [];
      for (let run = 0; run < RUNS[size]; run += 1) {
        await probe.sample();
        trace.clear();
        const revision = await release.change();
        traffic.setBad(revision);
        const undone = await release.routes.next(
          'weight to be taken back',
          ({ raw }) => canaryWeightOf(raw) === 0 && trace.entries.some(isExposed),
        );
        const exposedMs = trace.entries.find(isExposed)?.atMs ?? Number.NaN;
        fromResponseMs.push(undone.atMs - exposedMs - FIRST_REQUEST_MS);
        fromPageMs.push(undone.atMs - (traffic.lastBadPageMs() ?? Number.NaN));
        await release.untilStatus(
          `revision ${revision} to be rolled back`,
          ({ candidate, stage }) => candidate?.revision === revision && stage === 'RolledBack',
        );
      }
      const note = probe.text();
      return [
        ...latencyFigures('first bad response -> weight 0 written', {
          samplesMs: fromResponseMs,
          p99Ms: 6000,
          note,
          peers: 'Argo Rollouts 46-59 s by its defaults, Flagger 15-53 s',
        }),
        ...latencyFigures('page that decides -> weight 0 written', {
          samplesMs: fromPageMs,
          p99Ms: 100,
          note,
        }),
      ];
    }),
};

const isExposed = ({ kind, raw }: Traced): boolean =>
  kind === 'HTTPRoute' && canaryWeightOf(raw) === WEIGHT;
