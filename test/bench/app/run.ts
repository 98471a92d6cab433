// All measurements of the ledger, one after the other on one PostgreSQL.
import { migrate } from '../../app/migrations.ts';
import { startPostgres } from '../../app/postgres.ts';
import type { AppFigure } from './figure.ts';
import { benchLatency } from './latency.ts';
import { benchTax } from './tax.ts';
import { benchTransfers } from './transfers.ts';

/** `small` shows in a quarter of a minute that everything still runs; its figures prove little. */
export type Size = 'full' | 'small';

const sizes = {
  full: { rounds: 5, roundMs: 4_000, accounts: 1_000, ratePerSecond: 200, loadMs: 30_000 },
  small: { rounds: 1, roundMs: 800, accounts: 50, ratePerSecond: 100, loadMs: 2_000 },
} as const;

/** Throws when there is no PostgreSQL, or when a measurement found the ledger wrong. */
export async function runAppBench(size: Size): Promise<readonly AppFigure[]> {
  const { rounds, roundMs, accounts, ratePerSecond, loadMs } = sizes[size];
  const postgres = await startPostgres({ fsync: 'on' });
  try {
    for (const database of ['transfers', 'served']) {
      await postgres.createDatabase(database);
      await migrate(postgres.url(database));
    }
    const env = postgres.env('served');
    return [
      ...(await benchTransfers({ url: postgres.url('transfers'), rounds, roundMs, accounts })),
      ...(await benchTax({ env, rounds, roundMs })),
      ...(await benchLatency({ env, ratePerSecond, forMs: loadMs })),
    ];
  } finally {
    await postgres.stop();
  }
}
