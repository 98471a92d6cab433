// Sealed sets on a real PostgreSQL: nothing readable on the volume, and each way of losing them is told.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { flipByte, openServer, openStage, readJson, report, uploadIn } from './backup-stage.ts';
import type { BackupStage } from './backup-stage.ts';
import type { PrivatePostgres } from './postgres.ts';
import { stopPrograms } from './programs.ts';

let postgres: PrivatePostgres;
let stage: BackupStage;
let keys = '';

beforeAll(async () => {
  postgres = await openServer();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  stage = await openStage(postgres);
  keys = join(stage.uploads, '../keys');
  mkdirSync(keys);
  writeFileSync(join(keys, '2025'), randomBytes(32).toString('base64'));
});
afterEach(async () => {
  await stopPrograms();
  stage.close();
});

const run = (command: string) => stage.run([command], { BACKUP_KEYS_DIR: keys });
const newest = (): string => join(stage.volume, stage.sets().at(-1) ?? '');
const keyId = (): string => (readJson(join(newest(), 'manifest.json'))['encryption'] as { keyId: string }).keyId;

describe('a sealed set', () => {
  it('holds nothing readable, and a drill with the key restores all of it', async () => {
    const hash = await stage.upload('the secret of a customer');
    expect(report(await run('run'))).toMatchObject({ kind: 'published' });
    const stored = readFileSync(uploadIn(join(newest(), 'uploads'), hash));
    expect(stored.includes('secret of')).toBe(false);
    expect(readFileSync(join(newest(), 'database.dump')).includes('PGDMP')).toBe(false);
    expect(report(await run('drill'))).toMatchObject({ kind: 'passed', uploads: 1, rows: { document: 1 } });
  });

  it('is lost with its key, by name, and the drill says so while only old sets need it', async () => {
    await run('run');
    const lost = keyId();
    writeFileSync(join(keys, '2026'), randomBytes(32).toString('base64'));
    await run('run');
    expect(keyId()).not.toBe(lost);
    expect(report(await run('drill'))).toMatchObject({ kind: 'passed' });
    renameSync(join(keys, '2025'), join(stage.uploads, '../2025'));
    expect(report(await run('drill'))).toMatchObject({
      kind: 'failed',
      problems: [expect.stringContaining(`is sealed with key ${lost}`)],
    });
    const without = await stage.run(['drill']);
    expect(without.code).toBe(1);
    expect(without.output).toMatch(/is sealed with key .*: set BACKUP_KEYS_DIR/);
  });

  it('is what a drill with keys wants: one that anybody could have written fails it', async () => {
    await stage.run(['run']);
    expect(report(await run('drill'))).toMatchObject({
      kind: 'failed',
      problems: [expect.stringMatching(/is not sealed though there are keys/)],
    });
  });

  it.each<[string, (path: string) => void]>([
    ['a flipped byte', (path) => flipByte(path)],
    ['a file cut short', (path) => truncateSync(path, readFileSync(path).length - 20)],
  ])('with %s fails its drill', async (_name, harm) => {
    await run('run');
    harm(join(newest(), 'database.dump'));
    const ended = await run('drill');
    expect(ended.code).toBe(1);
    expect(report(ended)).toMatchObject({
      kind: 'failed',
      problems: [expect.stringMatching(/sha256 differs|bytes instead of/)],
    });
  });
});
