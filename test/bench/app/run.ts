// All measurements of the ledger, one after the other on a real PostgreSQL.
import { migrate } from '../../app/migrations.ts';
import { startPostgres } from '../../app/postgres.ts';
import type { PrivatePostgres } from '../../app/postgres.ts';
import type { AppFigure } from './figure.ts';
import { benchLatency } from './latency.ts';
import { benchTax } from './tax.ts';
import { benchTransfers } from './transfers.ts';

/** `small` shows in a quarter of a minute that everything still runs; its figures prove little. */
export type Size = 'full' | 'small';

const sizes = {
  full: { rounds: 5, roundMs: 3_000, accounts: 1_000, ratePerSecond: 100, loadMs: 20_000 },
  small: { rounds: 1, roundMs: 800, accounts: 100, ratePerSecond: 50, loadMs: 2_000 },
} as const;

/**
 * The ways are compared without fsync, so that the disk does not decide; response times are of a
 * server that waits for the disk. Throws when there is no PostgreSQL, or when the ledger is wrong.
 */
export async function runAppBench(size: Size): Promise<readonly AppFigure[]> {
  const { rounds, roundMs, accounts, ratePerSecond, loadMs } = sizes[size];
  const compared = await withPostgres('off', async (postgres) => [
    ...(await benchTransfers({ url: postgres.url('bank'), rounds, roundMs, accounts })),
    ...(await benchTax({ env: postgres.env('bank'), rounds, roundMs })),
  ]);
  const durable = await withPostgres('on', (postgres) =>
    benchLatency({ env: postgres.env('bank'), ratePerSecond, forMs: loadMs }),
  );
  return [...compared, ...durable];
}

async function withPostgres<T>(
  fsync: 'on' | 'off',
  work: (postgres: PrivatePostgres) => Promise<T>,
): Promise<T> {
  const postgres = await startPostgres({ fsync });
  try {
    await postgres.createDatabase('bank');
    await migrate(postgres.url('bank'));
    return await work(postgres);
  } finally {
    await postgres.stop();
  }
}
