// Database and uploads as one set, on a real PostgreSQL: the documents of the dump's own moment.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { parseConfig } from '../../backup/src/config.ts';
import { openTargets } from '../../backup/src/open-targets.ts';
import { runBackup } from '../../backup/src/run-backup.ts';
import { FencedError } from '../../backup/src/target.ts';
import { openVolume } from '../../backup/src/volume-target.ts';
import { flipByte, openServer, openStage, readJson, report, uploadIn } from './backup-stage.ts';
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

const newest = (): string => join(stage.volume, stage.sets().at(-1) ?? '');
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('one set of database and uploads', () => {
  it('B1: has a manifest with size and sha256 of each file, server version and recovery point', async () => {
    const hashes = [await stage.upload('passport'), await stage.upload('statement')].toSorted();
    const before = Date.now();
    expect(report(await stage.run(['run']))).toMatchObject({ kind: 'published', problems: [] });
    const manifest = readJson(join(newest(), 'manifest.json'));
    expect(manifest).toMatchObject({
      database: { name: stage.database, serverVersion: expect.stringMatching(/^\d+\.\d+/) },
      recoveryPoint: { time: expect.any(String), lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/) },
      uploads: { kind: 'included', files: 2, missing: [] },
    });
    const { time } = manifest['recoveryPoint'] as { time: string };
    expect(Math.abs(Date.parse(time) - before)).toBeLessThan(60_000);
    const files = manifest['files'] as { name: string; sizeBytes: number; sha256: string }[];
    expect(files.map(({ name }) => name)).toEqual([
      'database.dump',
      ...hashes.map((hash) => `uploads/${hash.slice(0, 2)}/${hash}`),
    ]);
    for (const file of files) {
      const bytes = readFileSync(join(newest(), file.name));
      expect({ sizeBytes: bytes.length, sha256: sha256(bytes) }).toEqual({
        sizeBytes: file.sizeBytes,
        sha256: file.sha256,
      });
    }
  });

  it('holds the documents and rows of one moment, whatever is written meanwhile', async () => {
    const first = await stage.upload('before the snapshot');
    const config = parseConfig(stage.env(), () => 'cafe');
    const [{ target, keep }] = await openTargets(config);
    const outcome = await runBackup({
      config,
      target,
      keep,
      now: () => new Date(),
      // The snapshot is taken: what comes now belongs to the next set, in the dump as in the uploads.
      onStep: async (step) => {
        if (step === 'dump' || step === 'uploads') await stage.upload(`after the snapshot, at ${step}`);
      },
    });
    expect(outcome).toMatchObject({ kind: 'published', manifest: { database: { rows: { document: 1 } } } });
    const files = readJson(join(newest(), 'manifest.json'))['files'] as { name: string }[];
    expect(files.map(({ name }) => name)).toEqual(['database.dump', `uploads/${first.slice(0, 2)}/${first}`]);
    expect(report(await stage.run(['drill']))).toMatchObject({
      kind: 'passed',
      rows: { document: 1, account: 2, transfer: 1, posting: 2 },
      uploads: 1,
    });
  });

  it.each([
    ['is lost', (path: string) => rmSync(path)],
    ['is damaged', (path: string) => flipByte(path)],
  ])('is published with its problem named when an upload %s, and the drill fails at it', async (_name, harm) => {
    const [whole, harmed] = [await stage.upload('whole'), await stage.upload('harmed')];
    harm(uploadIn(stage.uploads, harmed));
    const ended = await stage.run(['run']);
    expect(report(ended)).toMatchObject({
      kind: 'published',
      problems: [expect.stringContaining(harmed)],
      manifest: { uploads: { files: 1, missing: [harmed] } },
    });
    const drill = await stage.run(['drill']);
    expect(drill.code).toBe(1);
    expect(report(drill)).toMatchObject({ uploads: 1, problems: [expect.stringContaining(harmed)] });
    expect(drill.output).not.toContain(whole);
  });

  it('tells of documents that nobody named a folder for', async () => {
    await stage.upload('forgotten');
    expect(report(await stage.run(['run'], { UPLOADS_DIR: '' }))).toMatchObject({
      kind: 'published',
      problems: [expect.stringMatching(/knows 1 uploads.*set UPLOADS_DIR/)],
    });
  });

  it.each([
    ['there is no folder', { UPLOADS_DIR: '/nowhere' }, /UPLOADS_DIR: .*Mount the app's uploads/],
    ['there is no table', { BACKUP_DOCUMENT_TABLE: 'papers' }, /no table "papers"/],
  ])('is not published when %s', async (_name, extra, want) => {
    const ended = await stage.run(['run'], extra);
    expect(ended.code).toBe(1);
    expect(report(ended)['error']).toMatch(want);
    expect(stage.sets()).toEqual([]);
  });

  it('B4: the drill restores into a scratch database and folder, and one flipped byte fails it', async () => {
    const hash = await stage.upload('a document');
    await stage.run(['run']);
    const passed = report(await stage.run(['drill']));
    expect(passed).toMatchObject({
      kind: 'passed',
      rows: { account: 2, transfer: 1, posting: 2, document: 1 },
      findings: { unbalancedCurrencies: 0, accountsOutOfBalance: 0 },
      uploads: 1,
      restoreSeconds: expect.any(Number),
      recoveryPointAgeSeconds: expect.any(Number),
    });
    // Even in the app's own folder a drill removes only what it made.
    const careless = await stage.run(['drill'], { DRILL_DIR: stage.uploads });
    expect([careless.code, readdirSync(stage.uploads)]).toEqual([0, [hash.slice(0, 2)]]);
    flipByte(uploadIn(join(newest(), 'uploads'), hash));
    const failed = await stage.run(['drill']);
    expect(failed.code).toBe(1);
    expect(report(failed)).toMatchObject({
      kind: 'failed',
      problems: [expect.stringMatching(/uploads\/.*sha256 differs/)],
    });
  });
});

describe('a writer that was asleep', () => {
  const id = (time: string) => `20261128T0${time}0000000Z-0000`;
  const manifest = '{"any":"text"}';

  it('publishes nothing once another one has taken over', async () => {
    const target = openVolume(stage.volume);
    const first = await target.openWriter(id('1'));
    // What a stalled mount looks like to others: the lock is gone, the process is not.
    await first?.release();
    const second = await target.openWriter(id('2'));
    expect(second?.epoch).toBe((first?.epoch ?? 0) + 1);
    await expect(first?.publish(manifest)).rejects.toThrow(FencedError);
    await second?.publish(manifest);
    await second?.release();
    expect(stage.sets()).toEqual([id('2')]);
  });

  it('publishes nothing even when it has looked at the epoch just before', async () => {
    const sleeping = openVolume(stage.volume, async (step) => {
      if (step !== 'publish') return;
      const second = await openVolume(stage.volume).openWriter(id('2'));
      await second?.discard();
      await second?.release();
      writeFileSync(join(stage.volume, '.writer.epoch'), '1');
    });
    const first = await sleeping.openWriter(id('1'));
    await first?.release();
    await expect(first?.publish(manifest)).rejects.toThrow(/has taken over/);
    expect(stage.sets()).toEqual([]);
  });

  it('is one of many that begin at the same moment', async () => {
    const begin = () => openVolume(stage.volume).openWriter(id('1'));
    const all = await Promise.all([begin(), begin(), begin(), begin()]);
    const writers = all.filter((one) => one !== undefined);
    expect(writers.map(({ epoch }) => epoch)).toEqual([1]);
    await writers[0]?.release();
  });

  it('takes over what a killed one has left, and never counts backwards', async () => {
    mkdirSync(join(stage.volume, `.${id('1')}.partial`));
    writeFileSync(join(stage.volume, '.writer.epoch'), '41\n');
    const ended = report(await stage.run(['run']));
    expect(ended).toMatchObject({ kind: 'published', manifest: { epoch: 42 } });
    writeFileSync(join(stage.volume, '.writer.epoch'), 'garbage');
    expect(report(await stage.run(['run']))['error']).toMatch(/\.writer\.epoch says "garbage".*write into it/);
  });
});
