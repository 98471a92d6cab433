// Two operators and one change: from the end of the leader to the first write of the other.
import { setTimeout as delay } from 'node:timers/promises';

import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import type { Lab } from '../lab/lab.ts';
import type { OperatorProcess } from '../lab/operator-process.ts';
import { createRelease, revisionOf } from '../lab/release.ts';
import { LEASE_TYPE } from '../../../operator/src/kube/lease.ts';
import { record } from '../../../operator/src/lib/json.ts';

/** Long enough for the standby to have filled its caches and looked at the Lease. */
const STANDBY_MS = 3000;

export const failOver: Bench = {
  name: 'fail-over',
  what: 'the leader ends while a change comes in',
  async run(lab) {
    return [
      await measure(lab, 'clean stop -> first write of the standby', { end: (leader) => leader.stop(), mostMs: 2000 }),
      // The Lease's own time, one look of the standby and one write.
      await measure(lab, 'crash -> first write of the standby', { end: (leader) => leader.kill(), mostMs: 17_000 }),
    ];
  },
};

type End = { readonly end: (leader: OperatorProcess) => Promise<void>; readonly mostMs: number };

const measure = (lab: Lab, what: string, { end, mostMs }: End): Promise<Figure> =>
  lab.inNamespace('fail-over', async (site) => {
    const release = await createRelease(site, { steps: [{ weight: 50 }], replicas: 2 });
    const leases = await site.watch(LEASE_TYPE);
    const leader = site.startOperator('first');
    await leader.said('leading');
    await release.ready();
    const standby = site.startOperator('second');
    await standby.said('caches filled');
    await delay(STANDBY_MS);
    const transitions = leases.list().map(({ spec }) => record(spec)['leaseTransitions']);
    const startMs = performance.now();
    const ended = end(leader);
    const revision = await release.change();
    const seen = await release.sets.next('the set of the new version', ({ raw }) => revisionOf(raw) === revision);
    await ended;
    await release.untilPromoted(revision);
    const sets = release.sets.list().filter((raw) => revisionOf(raw) === revision).length;
    return {
      what, value: seen.atMs - startMs, unit: 'ms', budget: { kind: 'time', mostMs },
      note: `lease transitions before ${transitions.join()}; ${sets} set of the new revision`,
    };
  });
