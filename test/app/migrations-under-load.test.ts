// Migrations while users pay each other: nothing that was accepted is lost, and nobody is turned away.
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';

import { runMigrations } from '../../prisma/migration-runner.ts';
import { runLoad } from '../load/load.ts';
import { seedLedger } from '../load/seed.ts';
import { committedMigrations, migrate, migration, runnerOptions } from './migrations.ts';
import { startPostgres } from './postgres.ts';
import type { PrivatePostgres } from './postgres.ts';
import { startApp, statusOf, stopPrograms, waitFor } from './programs.ts';

const DATABASE = 'migrated';

/** What a next version would need: each takes a lock on a table that is written all the time. */
const NEXT = [
  migration('9_column', `SET lock_timeout = '2s'; ALTER TABLE transfer ADD COLUMN note text;`),
  migration(
    '9_index',
    'CREATE INDEX CONCURRENTLY transfer_created ON transfer (created_at);',
  ),
  migration(
    '9_table',
    `SET lock_timeout = '2s';
     CREATE TABLE label (
       transfer_id uuid PRIMARY KEY REFERENCES transfer (id) ON DELETE RESTRICT,
       text text NOT NULL
     );`,
  ),
];

let postgres: PrivatePostgres;
beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.createDatabase(DATABASE);
});
afterAll(() => postgres.stop());
afterEach(stopPrograms);

it('add a column, an index and a table under load, without one failed request', async () => {
  await migrate(postgres.url(DATABASE));
  const app = await startApp(postgres.env(DATABASE));
  await waitFor('ready', async () => (await statusOf(`${app.url}/readyz`)) === 200 || undefined, app);
  const ledger = await seedLedger({ target: app.url }, { accounts: 10, fundsEach: 10_000 });
  const load = runLoad({ target: app.url, ratePerSecond: 100, maxInFlight: 100, ledger });
  const more = async (count: number): Promise<void> => {
    const before = load.snapshot().acceptedTransfers;
    const isThere = () => load.snapshot().acceptedTransfers >= before + count || undefined;
    await waitFor(`${count} transfers`, async () => isThere(), app);
  };
  await more(50);
  for (const file of NEXT) {
    const upTo = NEXT.slice(0, NEXT.indexOf(file) + 1);
    const result = await runMigrations(
      [...committedMigrations, ...upTo],
      runnerOptions(postgres.url(DATABASE)),
    );
    expect(result).toMatchObject({ kind: 'applied', applied: [file.name] });
    await more(50);
  }

  const figures = await load.stop();
  expect(figures).toMatchObject({ failed: 0, shed: 0 });
  await expect(load.audit()).resolves.toMatchObject({
    kind: 'clean',
    findings: [],
    fundsAfter: 100_000n,
    ledgerBalanced: true,
  });
});
