// The migration runner on a real PostgreSQL: all of a file or nothing of it, once, and refusals that
// say what to do.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';

import { resolveMigration, runMigrations } from '../../prisma/migration-runner.ts';
import { committedMigrations, migration, runnerOptions } from './migrations.ts';
import { startPostgres } from './postgres.ts';
import type { PrivatePostgres } from './postgres.ts';
import { entries, runProgram, startProgram, stopPrograms, waitFor } from './programs.ts';

let postgres: PrivatePostgres;
let database = '';
let count = 0;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
afterEach(stopPrograms);
beforeEach(async () => {
  database = `migrate_${(count += 1)}`;
  await postgres.createDatabase(database);
});

const url = (): string => postgres.url(database);
const rows = () =>
  postgres.query<{
    migration_name: string;
    finished: boolean;
    rolled_back: boolean;
    logs: string | null;
  }>(
    database,
    `SELECT migration_name, finished_at IS NOT NULL AS finished, rolled_back_at IS NOT NULL AS rolled_back, logs FROM "_prisma_migrations" ORDER BY started_at`,
  );
const tables = async (): Promise<string[]> =>
  (
    await postgres.query<{ name: string }>(
      database,
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
    )
  ).map((row) => row.name);

/** Another session that holds something until it is closed. */
async function otherSession(sql: string): Promise<Client> {
  const client = new Client({ connectionString: url(), application_name: 'the other one' });
  await client.connect();
  await client.query(sql);
  return client;
}

const makeA = migration('1_a', 'CREATE TABLE a (id int);');
const makeB = migration('2_b', 'CREATE TABLE b (id int); INSERT INTO b VALUES (1);');

describe('applying', () => {
  it('brings an empty database up to the committed files, once', async () => {
    const names = committedMigrations.map((file) => file.name);
    await expect(runMigrations(committedMigrations, runnerOptions(url()))).resolves.toEqual({
      kind: 'applied',
      applied: names,
      schemaAhead: [],
    });
    await expect(runMigrations(committedMigrations, runnerOptions(url()))).resolves.toEqual({
      kind: 'applied',
      applied: [],
      schemaAhead: [],
    });
    expect(await tables()).toEqual([
      '_prisma_migrations',
      'account',
      'document',
      'hold',
      'idempotency_key',
      'posting',
      'transfer',
    ]);
    const recorded = await postgres.query(
      database,
      `SELECT checksum, migration_name, finished_at IS NOT NULL AS finished, applied_steps_count FROM "_prisma_migrations"`,
    );
    expect(recorded).toEqual(
      committedMigrations.map((file) => ({
        checksum: file.checksum,
        migration_name: file.name,
        finished: true,
        applied_steps_count: 1,
      })),
    );
  });

  it('applies each file once though two Jobs start together', async () => {
    const results = await Promise.all([
      runMigrations([makeA, makeB], runnerOptions(url())),
      runMigrations([makeA, makeB], runnerOptions(url())),
    ]);
    expect(
      results.flatMap((result) => (result.kind === 'applied' ? result.applied : ['?'])).toSorted(),
    ).toEqual(['1_a', '2_b']);
    expect(await rows()).toHaveLength(2);
  });

  it('keeps nothing of a file that fails half way, and applies it once it is corrected', async () => {
    const broken = migration('2_b', 'CREATE TABLE b (id int); INSERT INTO nowhere VALUES (1);');
    const failed = await runMigrations([makeA, broken], runnerOptions(url()));
    expect(failed).toEqual({
      kind: 'failed',
      migration: '2_b',
      applied: ['1_a'],
      message: expect.stringMatching(/^42P01: .*nowhere.*Nothing of this migration was applied/),
    });
    expect(await tables()).toEqual(['_prisma_migrations', 'a']);
    expect(await rows()).toMatchObject([
      { finished: true },
      { finished: false, rolled_back: true, logs: expect.stringContaining('nowhere') },
    ]);
    await expect(runMigrations([makeA, makeB], runnerOptions(url()))).resolves.toMatchObject({
      kind: 'applied',
      applied: ['2_b'],
    });
  });

  it('leaves nothing behind when it is killed in the middle of a file', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'migrations-'));
    try {
      mkdirSync(join(dir, '1_slow'));
      writeFileSync(
        join(dir, '1_slow', 'migration.sql'),
        'CREATE TABLE slow (id int); SELECT pg_sleep(60);',
      );
      const running = startProgram(entries.migrate, {
        env: { ...postgres.env(database), MIGRATIONS_DIR: dir },
      });
      const sleeping = `SELECT pid FROM pg_stat_activity WHERE datname = '${database}' AND wait_event = 'PgSleep'`;
      await waitFor(
        'the migration to be under way',
        async () => (await postgres.query(database, sleeping))[0],
        running,
      );
      running.signal('SIGKILL');
      await running.ended;
      // The server notices a dead client only when it wants to talk to it.
      await postgres.query(database, `SELECT pg_terminate_backend(pid) FROM (${sleeping}) s`);
    } finally {
      rmSync(dir, { recursive: true });
    }
    expect(await tables()).toEqual(['_prisma_migrations']);
    expect(await rows()).toEqual([]);
    await expect(runMigrations([makeA], runnerOptions(url()))).resolves.toMatchObject({
      kind: 'applied',
      applied: ['1_a'],
    });
  });

  it('says that the database is ahead of the image, and is content', async () => {
    await runMigrations([makeA, makeB], runnerOptions(url()));
    await expect(runMigrations([makeA], runnerOptions(url()))).resolves.toEqual({
      kind: 'applied',
      applied: [],
      schemaAhead: ['2_b'],
    });
  });
});

describe('an index built concurrently', () => {
  const data = migration('1_a', 'CREATE TABLE a (id int); INSERT INTO a VALUES (1), (1);');
  const index = migration('2_index', 'CREATE UNIQUE INDEX CONCURRENTLY a_id ON a (id);');

  it('is applied outside a transaction', async () => {
    await expect(runMigrations([makeA, index], runnerOptions(url()))).resolves.toMatchObject({
      kind: 'applied',
      applied: ['1_a', '2_index'],
    });
  });

  it('that fails blocks further runs until somebody has looked at it', async () => {
    const failed = await runMigrations([data, index], runnerOptions(url()));
    expect(failed).toMatchObject({
      kind: 'failed',
      migration: '2_index',
      message: expect.stringMatching(/23505.*migrate resolve 2_index rolled-back/),
    });
    const refused = await runMigrations([data, index], runnerOptions(url()));
    expect(refused).toMatchObject({ kind: 'refused', refusals: [{ reason: 'FailedMigration' }] });
    await postgres.query(database, 'DROP INDEX a_id');
    await postgres.query(database, 'DELETE FROM a');
    await resolveMigration(index, 'rolled-back', runnerOptions(url()));
    await expect(runMigrations([data, index], runnerOptions(url()))).resolves.toMatchObject({
      kind: 'applied',
      applied: ['2_index'],
    });
  });
});

describe('what is in the way', () => {
  it('another migration: waits, then names its holder and leaves no waiter behind', async () => {
    const holder = await otherSession('SELECT pg_advisory_lock(72707369)');
    const result = await runMigrations([makeA], runnerOptions(url(), { lockWaitMs: 100 }));
    expect(result).toEqual({ kind: 'lockBusy', message: expect.stringContaining('the other one') });
    expect(
      await postgres.query(
        database,
        `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`,
      ),
    ).toEqual([]);
    await holder.end();
    await expect(runMigrations([makeA], runnerOptions(url()))).resolves.toMatchObject({
      kind: 'applied',
    });
  });

  it('a table in use: tries again, and goes through when it is free', async () => {
    await runMigrations([makeA], runnerOptions(url()));
    const reader = await otherSession('BEGIN; SELECT * FROM a');
    const alter = migration('2_alter', 'ALTER TABLE a ADD COLUMN name text;');
    const running = runMigrations([makeA, alter], {
      ...runnerOptions(url(), { lockTimeoutMs: 30 }),
      log: (message) =>
        void (message.startsWith('tables are in use') && reader.end().catch(() => undefined)),
    });
    await expect(running).resolves.toMatchObject({ kind: 'applied', applied: ['2_alter'] });
  });

  it('a table that stays in use: fails without a trace, so that the next try may succeed', async () => {
    await runMigrations([makeA], runnerOptions(url()));
    const reader = await otherSession('BEGIN; SELECT * FROM a');
    const alter = migration('2_alter', 'ALTER TABLE a ADD COLUMN name text;');
    const failed = await runMigrations(
      [makeA, alter],
      runnerOptions(url(), { lockTimeoutMs: 30, busyRetries: 1 }),
    );
    expect(failed).toMatchObject({ kind: 'failed', message: expect.stringMatching(/^55P03/) });
    await reader.end();
    await expect(runMigrations([makeA, alter], runnerOptions(url()))).resolves.toMatchObject({
      kind: 'applied',
      applied: ['2_alter'],
    });
  });
});

describe('the program', () => {
  const run = (env: Record<string, string> = {}, args: string[] = []) =>
    runProgram(entries.migrate, { env: { ...postgres.env(database), ...env }, args });

  it('exits 0 when done', async () => {
    expect(await run()).toMatchObject({
      code: 0,
      output: expect.stringContaining('"kind":"applied"'),
    });
  });

  it('exits 3 and prints the remedy when an applied file was edited', async () => {
    await run();
    await postgres.query(database, `UPDATE "_prisma_migrations" SET checksum = 'other'`);
    expect(await run()).toMatchObject({
      code: 3,
      output: expect.stringContaining('Restore the committed file'),
    });
  });

  it('exits 3 over tables that somebody else made, and takes them over when told so', async () => {
    await postgres.query(database, 'CREATE TABLE stranger (id int)');
    expect(await run()).toMatchObject({
      code: 3,
      output: expect.stringContaining('ForeignSchema'),
    });
    for (const file of committedMigrations)
      expect((await run({}, ['resolve', file.name, 'applied'])).code).toBe(0);
    expect(await run()).toMatchObject({ code: 0, output: expect.stringContaining('"applied":[]') });
  });

  it('exits 4 while another migration runs', async () => {
    const holder = await otherSession('SELECT pg_advisory_lock(72707369)');
    expect(await run({ MIGRATE_LOCK_WAIT_MS: '50' })).toMatchObject({
      code: 4,
      output: expect.stringContaining('the other one'),
    });
    await holder.end();
  });

  it('exits 1 when there is no database, without printing the password', async () => {
    const ended = await run({ PGPORT: '1', MIGRATE_CONNECT_WAIT_MS: '0' });
    expect(ended).toMatchObject({ code: 1, output: expect.stringContaining('ECONNREFUSED') });
    expect(ended.output).not.toContain(postgres.password);
  });

  it('exits 2 and shows how to call it', async () => {
    expect(await run({}, ['resolve', 'nonsense', 'applied'])).toMatchObject({
      code: 2,
      output: expect.stringContaining('usage'),
    });
  });
});
