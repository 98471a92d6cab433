// The operator starts anew while one of many releases has just changed: how soon it answers, and what
// it writes for the releases that did not change.
import { setTimeout as delay } from 'node:timers/promises';

import { REPLICA_SET } from '../../../operator/src/controller/resources.ts';
import type { Figure } from '../figure.ts';
import { sortCalls, tally } from '../lab/audit-log.ts';
import type { Fleet } from '../lab/fleet.ts';
import type { Site } from '../lab/lab.ts';
import { OPERATOR_AGENT, type OperatorProcess } from '../lab/operator-process.ts';
import { short } from '../statistics.ts';

/** As a Deployment replaces a pod: the old one is gone before the new one starts. */
const GAP_MS = 2000;

export type RestartOptions = { readonly site: Site; readonly fleet: Fleet; readonly windowMs: number };

export type Restarted = { readonly operator: OperatorProcess; readonly figures: readonly Figure[] };

export const restart = async ({ site, fleet, windowMs }: RestartOptions): Promise<Restarted> => {
  await delay(GAP_MS);
  const sets = await site.watch(REPLICA_SET);
  const index = fleet.size - 1;
  const mark = site.lab.audit.mark();
  const startMs = performance.now();
  const operator = site.startOperator('second');
  const changedName = fleet.nameOf(index);
  const reaction = sets.next('the first write for the change', ({ raw }) =>
    raw.metadata.name?.startsWith(`${changedName}-r2-`) === true);
  const { promotedMs: promoted } = fleet.change([index]);
  const reactedMs = (await reaction).atMs - startMs;
  const [completeMs = Number.NaN] = (await promoted).map((atMs) => atMs - startMs);
  await delay(windowMs);
  const { events, reads, writes } = sortCalls(site.lab.audit.since(mark, OPERATOR_AGENT));
  const others = [...writes, ...events].filter(({ name }) => !name.startsWith(changedName));
  const title = `restart with ${fleet.size}`;
  return {
    operator,
    figures: [
      {
        what: `${title}: process start -> first write for the change`, value: reactedMs, unit: 'ms',
        budget: { kind: 'time', mostMs: 500 }, peers: 'Argo Rollouts 800 ms, Flagger 33 s',
        note: `complete after ${short(completeMs)} ms; ${reads.length} reads: ${tally(reads)}`,
      },
      {
        what: `${title}: writes and events for what did not change`, value: others.length, unit: 'requests',
        budget: { kind: 'count', most: 0 }, peers: 'Argo Rollouts 1,008', note: tally(others),
      },
    ],
  };
};
