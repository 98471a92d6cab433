// Restoring by hand, and volumes that are full, on a real PostgreSQL.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { flipByte, openServer, openStage, report, uploadIn } from './backup-stage.ts';
import type { BackupStage } from './backup-stage.ts';
import type { PrivatePostgres } from './postgres.ts';
import { stopPrograms } from './programs.ts';

let postgres: PrivatePostgres;
let stage: BackupStage;

beforeAll(async () => {
  postgres = await openServer();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  stage = await openStage(postgres);
});
afterEach(async () => {
  await stopPrograms();
  stage.close();
});

const newest = (): string => stage.sets().at(-1) ?? '';

describe('restore', () => {
  it('puts a set into a new database and folder, and says what came back', async () => {
    const hash = await stage.upload('a document');
    await stage.run(['run']);
    const [database, folder] = [`${stage.database}_restored`, join(stage.volume, '../restored')];
    const args = ['restore', '--set', newest(), '--database', database, '--uploads', folder];
    const ended = await stage.run(args);
    expect([ended.code, report(ended)]).toMatchObject([
      0,
      { kind: 'restored', setId: newest(), rows: { account: 2, document: 1 }, uploads: 1, problems: [] },
    ]);
    expect(readFileSync(uploadIn(folder, hash), 'utf8')).toBe('a document');
    const rows = await postgres.query(database, 'SELECT sum(amount)::int AS sum, count(*)::int AS rows FROM posting');
    expect(rows).toEqual([{ sum: 0, rows: 2 }]);
  });

  it('refuses a database and a folder that live, before it touches either', async () => {
    await stage.upload('a document');
    await stage.run(['run']);
    const folder = join(stage.volume, '../restored');
    const attempt = (database: string, uploads: string) =>
      stage.run(['restore', '--set', 'latest', '--database', database, '--uploads', uploads]);
    const live = await attempt(stage.database, folder);
    expect([live.code, report(live)['error']]).toEqual([
      2,
      expect.stringMatching(/^--database: "stage_\d+" has \d+ tables.*restored over what lives.*RENAME TO/),
    ]);
    expect(existsSync(folder)).toBe(false);
    const filled = await attempt(`${stage.database}_new`, stage.uploads);
    expect([filled.code, report(filled)['error']]).toEqual([
      2,
      expect.stringMatching(/^--uploads: .* has 1 entries.*restored over what lives.*empty or not there/),
    ]);
    const made = await postgres.query('postgres', `SELECT 1 FROM pg_database WHERE datname = '${stage.database}_new'`);
    expect(made).toEqual([]);
  });

  it('leaves nothing behind when the set is damaged', async () => {
    await stage.run(['run']);
    flipByte(join(stage.volume, newest(), 'database.dump'));
    const ended = await stage.run(['restore', '--set', 'latest', '--database', `${stage.database}_new`]);
    expect([ended.code, report(ended)['error']]).toEqual([1, expect.stringMatching(/sha256 differs/)]);
    const made = await postgres.query('postgres', `SELECT 1 FROM pg_database WHERE datname = '${stage.database}_new'`);
    expect(made).toEqual([]);
  });

  it.each([
    [['--database', 'x'], /^--set: missing/],
    [['--set', 'latest'], /^--database and --uploads: name one/],
    [['--set', '20200101T000000000Z-0000', '--database', 'x'], /^--set: .* has no set 20200101/],
    [['--set', 'latest', '--database', 'x"; DROP'], /^--database: /],
    [['--sett', 'latest'], /--sett/],
  ])('refuses %j', async (args, want) => {
    await stage.run(['run']);
    const ended = await stage.run(['restore', ...args]);
    expect([ended.code, report(ended)['error']]).toEqual([2, expect.stringMatching(want)]);
  });
});

describe('a volume that is full', () => {
  const small = (): string => join(stage.volume, '../small');
  const onSmall = (command: string) => stage.run([command], { BACKUP_DIR: small() });
  const visible = (): string[] => readdirSync(small()).filter((name) => /^\d|partial|deleting/.test(name));
  beforeEach(() => {
    mkdirSync(small());
    // A real file system of 4 MiB. Needs the right to mount; without it this tier has to fail.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'slipway-test', small()]);
  });
  afterEach(() => void execFileSync('umount', [small()]));

  /** Bytes that compress to nothing less. */
  const noise = (size: number): string => {
    let text = '';
    for (let at = 0; text.length < size; at += 1) text += createHash('sha256').update(`${at}`).digest('hex');
    return text.slice(0, size);
  };

  it('fails the run half way, shows nothing of it, and takes the next one once there is room', async () => {
    const hash = await stage.upload(noise(6_000_000));
    const full = await onSmall('run');
    expect([full.code, report(full)['error']]).toEqual([1, expect.stringMatching(/ENOSPC|no space left/)]);
    expect(visible()).toEqual([]);
    rmSync(uploadIn(stage.uploads, hash));
    await postgres.query(stage.database, 'DELETE FROM document');
    expect(report(await onSmall('run'))).toMatchObject({ kind: 'published' });
    expect(visible()).toHaveLength(1);
  });

  it('B7: refuses a run when less than twice the last set is free, and names both sizes', async () => {
    await stage.upload(noise(1_500_000));
    expect(report(await onSmall('run'))).toMatchObject({ kind: 'published' });
    const before = visible();
    const refused = await onSmall('run');
    expect([refused.code, report(refused)['error']]).toEqual([
      1,
      expect.stringMatching(/has \d+ bytes free, and the last set has 15\d{5}: 2 times that.*BACKUP_KEEP_/),
    ]);
    expect(visible()).toEqual(before);
  });
});
