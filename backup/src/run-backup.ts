// `backup run`: dump, check, publish, thin out. Readers see the whole set or nothing of it.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import {
  dumpName,
  listSetIds,
  manifestName,
  newSetId,
  partialPath,
  removeLeftovers,
  verifySet,
} from './backup-set.ts';
import type { BackupConfig } from './config.ts';
import { digestFile, publish, syncFolder, writeStream, writeText } from './durable.ts';
import type { Digest } from './durable.ts';
import { renderManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { psql } from './psql.ts';
import { setsToDelete } from './retention.ts';
import { runTool } from './tool.ts';
import { acquireVolumeLock } from './volume-lock.ts';

export type BackupOutcome =
  | {
      readonly kind: 'published';
      readonly manifest: Manifest;
      readonly deleted: readonly string[];
      readonly seconds: number;
    }
  /** Another writer is at work: no failure, its set will be there. */
  | { readonly kind: 'busy' };

/** Called before each step; tests stop the process in here. */
export type StepHook = (step: string) => Promise<void> | void;

export interface RunOptions {
  readonly config: BackupConfig;
  readonly now: () => Date;
  readonly onStep?: StepHook;
}

/** Throws when no set could be published; then none is visible. */
export async function runBackup({
  config,
  now,
  onStep = () => undefined,
}: RunOptions): Promise<BackupOutcome> {
  await mkdir(config.dir, { recursive: true });
  const lock = await acquireVolumeLock(config.dir, 'writer');
  if (lock === undefined) return { kind: 'busy' };
  try {
    const startedAt = now();
    await removeLeftovers(config.dir);
    const manifest = await buildSet(config, { id: newSetId(startedAt), now, onStep });
    const deleted = await thinOut(config, onStep);
    return {
      kind: 'published',
      manifest,
      deleted,
      seconds: (now().getTime() - startedAt.getTime()) / 1_000,
    };
  } finally {
    await lock.release();
  }
}

interface BuildOptions {
  readonly id: string;
  readonly now: () => Date;
  readonly onStep: StepHook;
}

async function buildSet(
  config: BackupConfig,
  { id, now, onStep }: BuildOptions,
): Promise<Manifest> {
  const dir = partialPath(config.dir, id);
  await onStep('make-folder');
  await mkdir(dir, { mode: 0o700 });
  try {
    const startedAt = now().toISOString();
    const serverVersion = (
      await psql(config, { sql: 'SHOW server_version', database: config.database })
    ).trim();
    await onStep('dump');
    const digest = await dump(config, join(dir, dumpName));
    await onStep('check-dump');
    await checkDump(config, join(dir, dumpName), digest);
    const manifest: Manifest = {
      formatVersion: 1,
      id,
      startedAt,
      completedAt: now().toISOString(),
      database: { name: config.database, serverVersion },
      files: [{ name: dumpName, ...digest }],
    };
    await onStep('write-manifest');
    await writeText(join(dir, manifestName), renderManifest(manifest));
    await onStep('sync-folder');
    await syncFolder(dir);
    await onStep('publish');
    await publish(dir, join(config.dir, id));
    await onStep('published');
    return manifest;
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

/** One consistent moment of the database, without failing writers or being failed by them. */
async function dump(config: BackupConfig, path: string): Promise<Digest> {
  let digest: Digest | undefined;
  await runTool({
    program: 'pg_dump',
    args: [
      '--format=custom',
      '--serializable-deferrable',
      '--no-password',
      '--lock-wait-timeout=60s',
      `--dbname=${config.database}`,
    ],
    env: config.toolEnv,
    timeoutMs: config.toolTimeoutMs,
    consume: async (output) => {
      digest = await writeStream(path, output);
    },
  });
  if (digest === undefined) throw new Error('pg_dump wrote nothing');
  return digest;
}

/** pg_dump ending well is not enough: the file has to be readable again and hold the app's tables. */
async function checkDump(config: BackupConfig, path: string, written: Digest): Promise<void> {
  const contents = await runTool({
    program: 'pg_restore',
    args: ['--list', path],
    env: config.toolEnv,
    timeoutMs: config.toolTimeoutMs,
  });
  const missing = config.requiredTables.filter(
    (table) => !new RegExp(` TABLE DATA \\S+ ${table} `).test(contents),
  );
  if (missing.length > 0)
    throw new Error(
      `the dump lacks the tables ${missing.join(', ')}: is ${config.database} the right database, and has the migration Job run?`,
    );
  const onDisk = await digestFile(path);
  if (onDisk.sha256 !== written.sha256)
    throw new Error(
      'the dump reads back differently from what was written: the volume is not to be trusted',
    );
}

async function thinOut(config: BackupConfig, onStep: StepHook): Promise<readonly string[]> {
  const sets = [];
  for (const id of await listSetIds(config.dir)) {
    sets.push({ id, isVerified: (await verifySet(config.dir, id)).kind === 'verified' });
  }
  const deleted = setsToDelete(sets, config.keep);
  for (const id of deleted) {
    await onStep('delete-old');
    // Out of sight in one move first, so that nobody restores from half a set.
    const hidden = join(config.dir, `.${id}.deleting`);
    await publish(join(config.dir, id), hidden);
    await onStep('remove-old');
    await rm(hidden, { recursive: true, force: true });
  }
  return deleted;
}
