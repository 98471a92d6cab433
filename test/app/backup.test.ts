// The backup program on a real PostgreSQL: what becomes visible, what a drill finds, who may write.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { acquireVolumeLock } from '../../backup/src/volume-lock.ts';
import { migrate } from './migrations.ts';
import { startPostgres } from './postgres.ts';
import type { PrivatePostgres } from './postgres.ts';
import { entries, runProgram, startProgram, stopPrograms, waitFor } from './programs.ts';
import type { Ended } from './programs.ts';

let postgres: PrivatePostgres;
let volume = '';
let database = '';
let count = 0;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  volume = mkdtempSync(join(tmpdir(), 'backups-'));
  database = `bank_${(count += 1)}`;
  await postgres.createDatabase(database);
  await migrate(postgres.url(database));
  await postgres.query(database, ledgerSql);
});
afterEach(async () => {
  await stopPrograms();
  rmSync(volume, { recursive: true, force: true });
});

const ann = '00000000-0000-4000-8000-000000000001';
const world = '00000000-0000-4000-8000-000000000002';
const firstTransfer = '00000000-0000-4000-8000-00000000000a';
const lastTransfer = '00000000-0000-4000-8000-00000000000b';
const ledgerSql = `
  INSERT INTO account (id, name, kind, currency)
  VALUES ('${ann}', 'Ann', 'customer', 'EUR'), ('${world}', 'World', 'external', 'EUR');
  SELECT post_transfer('k1', 'h1', '${firstTransfer}', '${world}', '${ann}', 500, NULL);
  SELECT post_transfer('k2', 'h2', '${lastTransfer}', '${ann}', '${world}', 200, 'rent');`;

const environment = (extra: Record<string, string> = {}): Record<string, string> => ({
  ...postgres.env(database),
  PATH: `${postgres.binDir}:${process.env['PATH'] ?? ''}`,
  BACKUP_DIR: volume,
  BACKUP_KEEP_LAST: '2',
  ...extra,
});
const backup = (command: string, extra: Record<string, string> = {}): Promise<Ended> =>
  runProgram(entries.backup, { args: [command], env: environment(extra) });
const report = (ended: Ended): Record<string, unknown> =>
  JSON.parse(ended.output.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
const sets = (): string[] =>
  readdirSync(volume)
    .filter((name) => /^\d/.test(name))
    .toSorted();
const hidden = (): string[] => readdirSync(volume).filter((name) => /partial|deleting/.test(name));
const databases = async (): Promise<string[]> =>
  (await postgres.query<{ datname: string }>('postgres', 'SELECT datname FROM pg_database')).map(
    (row) => row.datname,
  );
const listed = async (): Promise<{ id: string; kind: string }[]> =>
  report(await backup('list'))['sets'] as { id: string; kind: string }[];

/** What a hanging program does, without outliving the test. */
const untilParentEnds = 'while kill -0 $PPID; do sleep 0.1; done';

/** A program of the given name that comes before PostgreSQL's own in PATH. */
function standIn(name: string, script: string): Record<string, string> {
  const dir = join(volume, 'bin');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, name), 0o755);
  return { PATH: `${dir}:${postgres.binDir}:${process.env['PATH'] ?? ''}` };
}

describe('run', () => {
  it('publishes a set with a manifest of every file, and nothing else', async () => {
    const ended = await backup('run');
    expect(ended.code).toBe(0);
    const [id = ''] = sets();
    expect(sets()).toEqual([id]);
    expect(readdirSync(join(volume, id)).toSorted()).toEqual(['database.dump', 'manifest.json']);
    const manifest: unknown = JSON.parse(readFileSync(join(volume, id, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({
      id,
      database: { name: database },
      files: [
        {
          name: 'database.dump',
          sizeBytes: readFileSync(join(volume, id, 'database.dump')).length,
        },
      ],
    });
    expect(hidden()).toEqual([]);
    expect(await listed()).toMatchObject([{ id, kind: 'verified' }]);
  });

  it('keeps the newest sets and lets older ones go', async () => {
    for (let runs = 0; runs < 4; runs += 1) await backup('run');
    const kept = sets();
    expect(kept).toHaveLength(2);
    await backup('run');
    expect(sets()).toEqual([kept[1], expect.any(String)]);
  });

  it('B6: reports busy, and that is no failure, while another one writes on the volume', async () => {
    const lock = await acquireVolumeLock(volume, 'writer');
    expect(report(await backup('run'))).toEqual({ command: 'run', kind: 'busy' });
    await lock?.release();
    expect(report(await backup('run'))).toMatchObject({ kind: 'published' });
  });

  it.each([
    [
      'pg_dump fails after it has written',
      'pg_dump',
      'echo half; echo "disk on fire" >&2; exit 1',
      /disk on fire/,
    ],
    ['pg_dump is killed', 'pg_dump', 'echo half; kill -9 $$', /SIGKILL/],
    ['pg_dump writes nothing and says all is well', 'pg_dump', 'exit 0', /pg_restore failed/],
    [
      'the database does not answer',
      'psql',
      'echo "connection refused" >&2; exit 2',
      /psql failed.*connection refused/,
    ],
  ])('publishes nothing when %s', async (_name, ...[program, script, want]) => {
    const ended = await backup('run', standIn(program, script));
    expect(ended.code).toBe(1);
    expect(report(ended)).toMatchObject({ kind: 'failed', error: expect.stringMatching(want) });
    expect([sets(), hidden()]).toEqual([[], []]);
  });

  it('publishes nothing when the volume takes no more', async () => {
    // A limit on the size of files stands in for a full disk: a write fails half way.
    const limited = join(volume, 'limited.mjs');
    writeFileSync(
      limited,
      `import { spawnSync } from 'node:child_process';
      const run = spawnSync('sh', ['-c', 'ulimit -f 200; exec "$0" "$@"', process.execPath, '${entries.backup}', 'run'], { encoding: 'utf8' });
      process.stdout.write(run.stdout); process.exitCode = run.status;`,
    );
    const ended = await runProgram(limited, {
      env: environment(standIn('pg_dump', 'head -c 1000000 /dev/zero')),
    });
    expect(report(ended)).toMatchObject({ kind: 'failed', error: expect.stringMatching(/EFBIG/) });
    expect(ended.code).toBe(1);
    expect([sets(), hidden()]).toEqual([[], []]);
  });

  it("publishes nothing of a database without the app's tables", async () => {
    await postgres.query(database, 'DROP TABLE idempotency_key');
    const ended = await backup('run');
    expect(report(ended)).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/lacks the tables idempotency_key/),
    });
    expect(sets()).toEqual([]);
  });
});

describe('kill -9', () => {
  const steps = [
    'make-folder',
    'dump',
    'uploads',
    'check-dump',
    'write-manifest',
    'sync-folder',
    'publish',
    'published',
    'delete-old',
    'remove-old',
  ];

  it.each(steps)('at %s leaves only whole sets, and the next run goes on', async (step) => {
    await backup('run');
    await backup('run');
    const before = sets();
    const killed = await runProgram(join(import.meta.dirname, 'backup-until.ts'), {
      args: [step],
      env: environment(),
    });
    expect(killed.signal).toBe('SIGKILL');
    expect((await listed()).filter((set) => set.kind !== 'verified')).toEqual([]);
    const isPublished = steps.indexOf(step) > steps.indexOf('publish');
    expect(sets().length).toBe(
      before.length + (isPublished ? 1 : 0) - (step === 'remove-old' ? 1 : 0),
    );
    expect(report(await backup('run'))).toMatchObject({ kind: 'published' });
    expect(hidden()).toEqual([]);
    expect(sets()).toHaveLength(2);
  });

  it('in the middle of the dump leaves no set, and the next run goes on', async () => {
    const running = startProgram(entries.backup, {
      args: ['run'],
      env: environment(standIn('pg_dump', `echo half a dump; ${untilParentEnds}`)),
    });
    await waitFor(
      'half a dump',
      async () =>
        hidden().some((name) => existsSync(join(volume, name, 'database.dump'))) ? true : undefined,
      running,
    );
    running.signal('SIGKILL');
    await running.ended;
    expect(sets()).toEqual([]);
    expect(report(await backup('run'))).toMatchObject({ kind: 'published' });
    expect(hidden()).toEqual([]);
  });
});

describe('drill', () => {
  it('restores the newest set, finds the ledger sound, and leaves no database behind', async () => {
    const before = await databases();
    await backup('run');
    await backup('run');
    const ended = await backup('drill');
    expect(ended.code).toBe(0);
    expect(report(ended)).toMatchObject({
      kind: 'passed',
      setId: sets().at(-1),
      findings: { accounts: 2, transfers: 2, postings: 4 },
      problems: [],
    });
    expect(await databases()).toEqual(before);
    const kept = readdirSync(join(volume, 'drills'));
    expect(kept).toHaveLength(1);
    expect(JSON.parse(readFileSync(join(volume, 'drills', kept[0] ?? ''), 'utf8'))).toMatchObject({
      kind: 'passed',
      setId: sets().at(-1),
    });
  });

  it.each([
    ['database.dump', 0.5],
    ['database.dump', 0.99],
    ['manifest.json', 0.5],
  ])('notices one flipped byte in %s', async (file, position) => {
    await backup('run');
    const path = join(volume, sets()[0] ?? '', file);
    const bytes = readFileSync(path);
    const at = Math.floor(bytes.length * position);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const ended = await backup('drill');
    expect(ended.code).toBe(1);
    expect(report(ended)).toMatchObject({
      kind: 'failed',
      problems: [
        expect.stringMatching(/sha256 differs|not a manifest|bytes instead of|cannot be read/),
      ],
    });
    expect(await listed()).toMatchObject([{ kind: 'damaged' }]);
  });

  it.each([
    [
      'with an open hold',
      `SELECT authorize_hold('key', 'hash', gen_random_uuid(), '${ann}', 5, 3600, NULL)`,
    ],
    ['from before there were holds', 'DROP TABLE hold CASCADE'],
  ])('finds a ledger %s sound', async (_name, sql) => {
    await postgres.query(database, sql);
    await backup('run');
    expect(report(await backup('drill'))).toMatchObject({ kind: 'passed', problems: [] });
  });

  it.each([
    [
      'money from nowhere',
      `UPDATE account SET balance = balance + 1 WHERE id = '${ann}'`,
      /1 accounts whose balance/,
    ],
    [
      'a posting changed on one side',
      `UPDATE posting SET amount = amount + 1 WHERE id = 1`,
      /1 currencies whose postings/,
    ],
    [
      'a transfer without its postings',
      `DELETE FROM posting WHERE transfer_id = '${lastTransfer}'`,
      /1 transfers without/,
    ],
    [
      'an overdrawn customer',
      `ALTER TABLE account DROP CONSTRAINT account_customer_not_overdrawn, DROP CONSTRAINT account_held_covered; UPDATE account SET balance = -1 WHERE id = '${ann}'`,
      /1 customers with a negative/,
    ],
    [
      'a key without its transfer',
      `SET session_replication_role = replica; DELETE FROM posting WHERE transfer_id = '${lastTransfer}'; DELETE FROM transfer WHERE id = '${lastTransfer}'`,
      /1 idempotency keys whose transfer|violates foreign key/,
    ],
    [
      'money that no hold sets aside',
      `UPDATE account SET held = 1 WHERE id = '${ann}'`,
      /1 accounts that set aside/,
    ],
  ])('notices %s', async (_name, sql, want) => {
    await postgres.query(database, sql);
    await backup('run');
    const before = await databases();
    const ended = await backup('drill');
    expect(ended.code).toBe(1);
    const { problems } = report(ended) as { problems: string[] };
    expect(problems.join('\n')).toMatch(want);
    expect(await databases()).toEqual(before);
  });

  it('takes the damaged newest set for a failure though an older one is good', async () => {
    await backup('run');
    await backup('run');
    writeFileSync(join(volume, sets().at(-1) ?? '', 'database.dump'), 'nothing');
    expect(report(await backup('drill'))).toMatchObject({ kind: 'failed', setId: sets().at(-1) });
  });

  it('refuses the live database as its target, and a database that it did not make', async () => {
    await backup('run');
    expect(await backup('drill', { DRILL_DATABASE: database })).toMatchObject({
      code: 2,
      output: expect.stringContaining('is the live database'),
    });
    await postgres.createDatabase(`${database}_precious`);
    expect(await backup('drill', { DRILL_DATABASE: `${database}_precious` })).toMatchObject({
      code: 1,
      output: expect.stringContaining('already exists'),
    });
    expect(await databases()).toEqual(expect.arrayContaining([database, `${database}_precious`]));
    expect(await postgres.query(database, 'SELECT count(*)::int AS count FROM account')).toEqual([
      { count: 2 },
    ]);
  });

  it('clears away the scratch database of a drill that was killed', async () => {
    await backup('run');
    const before = await databases();
    const running = startProgram(entries.backup, {
      args: ['drill'],
      env: environment(standIn('pg_restore', untilParentEnds)),
    });
    const marked = `SELECT 1 FROM pg_database WHERE shobj_description(oid, 'pg_database') LIKE 'slipway restore drill%'`;
    await waitFor(
      'the scratch database',
      async () => (await postgres.query('postgres', marked))[0],
      running,
    );
    running.signal('SIGKILL');
    await running.ended;
    expect(report(await backup('drill'))).toMatchObject({ kind: 'passed' });
    expect(await databases()).toEqual(before);
  });

  it('fails when there is no set at all', async () => {
    expect(await backup('drill')).toMatchObject({
      code: 1,
      output: expect.stringContaining('no complete set'),
    });
  });
});
