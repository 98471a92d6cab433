// What the middleware costs: the whole app beside bare Express on a route that does nothing. Compared
// by the processor time of a request, which other programs on the machine do not change.
import { join } from 'node:path';

import { startApp, startProgram, stopApp, waitFor } from '../../app/programs.ts';
import type { Running } from '../../app/programs.ts';
import { usageOf } from '../lab/process-usage.ts';
import { median } from '../statistics.ts';
import type { AppFigure } from './figure.ts';
import { hammer } from './hammer.ts';

export interface TaxBench {
  /** PG* variables; the route never asks the database. */
  readonly env: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly roundMs: number;
}

interface Served {
  readonly perSecond: number;
  readonly cpuMicrosEach: number;
}

const connections = 50;
const mostPercent = 40;
/** As in the image. */
const production = { NODE_ENV: 'production' };

export async function benchTax({ env, rounds, roundMs }: TaxBench): Promise<readonly AppFigure[]> {
  const bare = startProgram(join(import.meta.dirname, 'bare-express.ts'), { env: production });
  const full = await startApp({ ...env, ...production });
  try {
    const barePort = Number(
      await waitFor('a port', async () => /"port":(\d+)/.exec(bare.output())?.[1], bare),
    );
    const fullPort = Number(new URL(full.url).port);
    const served: { bare: Served[]; full: Served[] } = { bare: [], full: [] };
    await serve(bare, { port: barePort, forMs: roundMs });
    await serve(full, { port: fullPort, forMs: roundMs });
    for (let round = 0; round < rounds; round += 1) {
      served.bare.push(await serve(bare, { port: barePort, forMs: roundMs }));
      served.full.push(await serve(full, { port: fullPort, forMs: roundMs }));
    }
    return figures(served.bare, served.full);
  } finally {
    await Promise.all([stopApp(bare), stopApp(full)]);
  }
}

async function serve(
  server: Running,
  { port, forMs }: { port: number; forMs: number },
): Promise<Served> {
  const before = usageOf(server.pid).cpuSeconds;
  const startedAt = performance.now();
  const answers = await hammer({ port, path: '/version', connections, forMs });
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpuSeconds = usageOf(server.pid).cpuSeconds - before;
  return { perSecond: answers / seconds, cpuMicrosEach: (cpuSeconds * 1e6) / answers };
}

function figures(bare: readonly Served[], full: readonly Served[]): readonly AppFigure[] {
  const cpu = (served: readonly Served[]): number => median(served.map((one) => one.cpuMicrosEach));
  const rate = (served: readonly Served[]): number => median(served.map((one) => one.perSecond));
  return [
    {
      what: 'middleware: share of the processor time of a request',
      value: 100 * (1 - cpu(bare) / cpu(full)),
      unit: '%',
      budget: { kind: 'atMost', limit: mostPercent },
      note: `GET /version, ${connections} connections, ${bare.length} rounds each`,
    },
    { what: 'bare Express, processor time', value: cpu(bare), unit: 'us' },
    { what: 'the whole app, processor time', value: cpu(full), unit: 'us' },
    { what: 'bare Express', value: rate(bare), unit: '/s' },
    { what: 'the whole app', value: rate(full), unit: '/s' },
  ];
}
