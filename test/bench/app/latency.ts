// Response times of the app under a steady load, half of it transfers, and whether the money adds up.
import { setTimeout as sleep } from 'node:timers/promises';

import { startApp, statusOf, stopApp, waitFor } from '../../app/programs.ts';
import { runLoad } from '../../load/load.ts';
import { seedLedger } from '../../load/seed.ts';
import type { AppFigure } from './figure.ts';

export interface LatencyBench {
  readonly env: Readonly<Record<string, string>>;
  readonly ratePerSecond: number;
  readonly forMs: number;
}

const mostP99Ms = 100;

/** Throws when the audit found anything: such a run has no figures. */
export async function benchLatency(bench: LatencyBench): Promise<readonly AppFigure[]> {
  const app = await startApp({ ...bench.env, NODE_ENV: 'production', DB_POOL_SIZE: '10' });
  try {
    await waitFor(
      'readiness',
      async () => ((await statusOf(`${app.url}/readyz`)) === 200 ? true : undefined),
      app,
    );
    const ledger = await seedLedger({ target: app.url }, { accounts: 100, fundsEach: 1_000_000 });
    const { ratePerSecond } = bench;
    const load = runLoad({ target: app.url, ratePerSecond, maxInFlight: 200, ledger });
    await sleep(bench.forMs);
    const figures = await load.stop();
    const audit = await load.audit();
    if (audit.kind !== 'clean')
      throw new Error(`the audit is ${audit.kind}: ${audit.findings.join('; ')}`);
    return [
      {
        what: 'requests under load that failed',
        value: figures.failed,
        unit: 'requests',
        budget: { kind: 'atMost', limit: 0 },
        note: `of ${figures.requests}, ${ratePerSecond}/s, half transfers, fsync on`,
      },
      { what: 'response under load, p50', value: figures.p50Ms, unit: 'ms' },
      {
        what: 'response under load, p99',
        value: figures.p99Ms,
        unit: 'ms',
        budget: { kind: 'atMost', limit: mostP99Ms },
        note: `${figures.shed} not sent; the audit of ${audit.acceptedTransfers} transfers is clean`,
      },
    ];
  } finally {
    await stopApp(app);
  }
}
