// Ten thousand releases at rest, against a simulated API server that sends recorded JSON: what the
// operator's memory is, and that it writes nothing.
import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';

import type { Bench } from '../bench.ts';
import type { Figure } from '../figure.ts';
import type { Lab } from '../lab/lab.ts';
import { recordRelease } from '../lab/recorded.ts';
import { startSimulatedServer } from '../lab/simulated-server.ts';
import { short } from '../statistics.ts';

/** Long enough for the heap to shrink to what is kept. */
const REST_MS = 20_000;

export const large: Bench = {
  name: 'large',
  what: 'ten thousand releases at rest, on a simulated API server',
  async run(lab, size) {
    if (size === 'small') return measure(lab, { releases: 500, pods: 1, mostMebibytes: 300 });
    return [
      ...(await measure(lab, { releases: 10_000, pods: 1, mostMebibytes: 300 })),
      ...(await measure(lab, { releases: 10_000, pods: 10, mostMebibytes: 600 })),
    ];
  },
};

type Scale = { readonly releases: number; readonly pods: number; readonly mostMebibytes: number };

const measure = (lab: Lab, { releases, pods, mostMebibytes }: Scale): Promise<readonly Figure[]> =>
  lab.inNamespace('large', async (site) => {
    const recorded = await recordRelease(site, pods, releases);
    const folder = join(lab.folder, `simulated-${releases}-${pods}`);
    const simulated = await startSimulatedServer(recorded, join(folder, 'pki'));
    site.onEnd(() => simulated.stop());
    mkdirSync(join(folder, 'account'), { recursive: true });
    writeFileSync(join(folder, 'account/token'), 'recorded');
    writeFileSync(join(folder, 'account/ca.crt'), simulated.authorityPem);
    const startMs = performance.now();
    const operator = site.startOperatorAt({
      name: `simulated-${pods}`, server: simulated.server, accountFolder: join(folder, 'account'),
    });
    await operator.said('caches filled');
    const filledMs = performance.now() - startMs;
    await delay(REST_MS + releases);
    const { cpuSeconds, residentMebibytes } = operator.usage();
    const title = `${releases} releases of ${pods} pods`;
    return [
      {
        what: `${title}: resident memory`, value: residentMebibytes, unit: 'MiB',
        budget: { kind: 'size', mostMebibytes },
        note: `caches filled after ${short(filledMs / 1000)} s; ${short(cpuSeconds)} s of processor time in all`,
      },
      {
        what: `${title}: requests but for lists, watches and the Lease`, value: simulated.others.length,
        unit: 'requests', budget: { kind: 'count', most: 0 }, note: simulated.others.slice(0, 3).join(', '),
      },
    ];
  });
