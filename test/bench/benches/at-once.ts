// Many releases change at once: how long until all are through, and what each one costs.
import { setTimeout as delay } from 'node:timers/promises';

import type { Figure } from '../figure.ts';
import { sortCalls, tally } from '../lab/audit-log.ts';
import type { Fleet } from '../lab/fleet.ts';
import type { Site } from '../lab/lab.ts';
import { startPressure } from '../lab/noise.ts';
import { OPERATOR_AGENT, type OperatorProcess } from '../lab/operator-process.ts';
import { median, quantile, short } from '../statistics.ts';

/** Late Events and figures belong to the releases they are about. */
const AFTERMATH_MS = 12_000;

export type AtOnceOptions = {
  readonly site: Site;
  readonly fleet: Fleet;
  readonly operator: OperatorProcess;
  readonly changed: number;
};

export const atOnce = async (options: AtOnceOptions): Promise<readonly Figure[]> => {
  const { site, fleet, operator, changed } = options;
  const indexes = Array.from({ length: changed }, (_, index) => index);
  const mark = site.lab.audit.mark();
  const usage = operator.usage();
  const pressure = startPressure();
  const startMs = performance.now();
  const change = fleet.change(indexes);
  await change.sent;
  const sentMs = performance.now() - startMs;
  const promotedMs = (await change.promotedMs).map((atMs) => atMs - startMs);
  const waitedPercent = pressure();
  const cpuSeconds = operator.usage().cpuSeconds - usage.cpuSeconds;
  await delay(AFTERMATH_MS);
  const { events, reads, writes } = sortCalls(site.lab.audit.since(mark, OPERATOR_AGENT));
  const all = Math.max(...promotedMs);
  const each = (requests: readonly unknown[]): number => requests.length / changed;
  const title = `${changed} of ${fleet.size} at once`;
  return [
    {
      what: `${title}: until all are complete`, value: all, unit: 'ms', budget: { kind: 'time', mostMs: 7900 },
      peers: 'Argo Rollouts 15.8 s raised, 30.9 s default',
      note: `p50 ${short(median(promotedMs))}, p95 ${short(quantile(promotedMs, 0.95))}; changes sent in ` +
        `${short(sentMs)} ms; ${short(cpuSeconds)} s of the operator's processor time; waited ${short(waitedPercent)} %`,
    },
    {
      what: `${title}: writes each`, value: each(writes), unit: 'writes', // Some tell their number of pods once more.
      budget: { kind: 'count', most: 6, known: 6.5 },
      peers: 'Argo Rollouts 9', note: tally(writes),
    },
    { what: `${title}: events each`, value: each(events), unit: 'events', peers: 'Argo Rollouts 4.4, some lost' },
    {
      what: `${title}: reads`, value: reads.length, unit: 'reads', budget: { kind: 'count', most: 0 },
      peers: 'Argo Rollouts 0, Flagger 78-93 each', note: tally(reads),
    },
  ];
};
