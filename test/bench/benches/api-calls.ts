// Requests of one canary 20/40/60/80/100 with timed pauses, from the change to the end, as the API
// server counted them.
import { setTimeout as delay } from 'node:timers/promises';

import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { type AuditedRequest, sortCalls, tally } from '../lab/audit-log.ts';
import type { Lab } from '../lab/lab.ts';
import { OPERATOR_AGENT } from '../lab/operator-process.ts';
import { createRelease, type ReleaseOptions } from '../lab/release.ts';

const STEPS = [20, 40, 60, 80].flatMap((weight) => [{ weight }, { pause: { seconds: 1 } }]);

/** Late Events and the tidying up after a release belong to it. */
const AFTERMATH_MS = 12_000;

type Split = 'pod share' | 'gateway';

/**
 * What five weights come to: by pod share two sizes and two statuses each, and the marks of the two
 * sets; by route besides a weight each, and the Services and the weight of the end. Two more for
 * numbers of pods that are told late.
 */
const KNOWN_WRITES: Readonly<Record<Split, number>> = { 'pod share': 23, gateway: 31 };

export const apiCalls: Bench = {
  name: 'api-calls',
  what: 'requests of one canary of five weights, 10 replicas',
  async run(lab) {
    return [
      ...(await countCalls(lab, 'pod share', {})),
      ...(await countCalls(lab, 'gateway', { gateway: { settleSeconds: 1 } })),
    ];
  },
};

const countCalls = (
  lab: Lab,
  split: Split,
  more: Pick<ReleaseOptions, 'gateway'>,
): Promise<readonly Figure[]> =>
  lab.inNamespace('calls', async (site) => {
    const release = await createRelease(site, { steps: STEPS, replicas: 10, ...more });
    site.startOperator();
    await release.ready();
    await delay(AFTERMATH_MS);
    const mark = lab.audit.mark();
    await release.untilPromoted(await release.change());
    await delay(AFTERMATH_MS);
    const { writes, events, reads } = sortCalls(lab.audit.since(mark, OPERATOR_AGENT));
    return [
      figure(split, 'writes', {
        requests: writes,
        most: 20,
        known: KNOWN_WRITES[split],
        peers: 'Argo Rollouts 44-49, Flagger 12-16',
      }),
      figure(split, 'events', {
        requests: events,
        most: 8,
        peers: 'Argo Rollouts 15-19, Flagger 8-9',
      }),
      figure(split, 'reads', {
        requests: reads,
        most: 0,
        peers: 'Argo Rollouts 0-2, Flagger 102-112',
      }),
    ];
  });

type Counted = {
  readonly requests: readonly AuditedRequest[];
  readonly most: number;
  readonly known?: number;
  readonly peers: string;
};

const figure = (split: Split, what: string, { requests, most, known, peers }: Counted): Figure => ({
  what: `${split}: ${what}`,
  value: requests.length,
  unit: what,
  budget: { kind: 'count', most, ...(known === undefined ? {} : { known }) },
  peers,
  note: tally(requests),
});
