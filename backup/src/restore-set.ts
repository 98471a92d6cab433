// Putting a verified set back: its dump into an empty database, its uploads into an empty folder.
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import type { BackupConfig } from './config.ts';
import { digestOf } from './durable.ts';
import type { Manifest } from './manifest.ts';
import { dumpName, uploadsFolder } from './set-id.ts';
import type { Target } from './target.ts';
import { runTool } from './tool.ts';

export interface SetToRestore {
  readonly target: Target;
  readonly manifest: Manifest;
}

/** Into a database that is there and empty. */
export async function restoreDatabase(
  config: BackupConfig,
  { target, manifest }: SetToRestore,
  database: string,
): Promise<void> {
  await runTool({
    program: 'pg_restore',
    args: [
      '--exit-on-error',
      '--no-owner',
      '--no-privileges',
      '--no-password',
      `--dbname=${database}`,
    ],
    env: config.toolEnv,
    timeoutMs: config.toolTimeoutMs,
    input: await target.read(manifest.id, dumpName),
  });
}

/** Hashes of what the folder holds afterwards, each read again from there. */
export async function restoreUploads(
  { target, manifest }: SetToRestore,
  dir: string,
): Promise<readonly string[]> {
  const hashes: string[] = [];
  for (const { name } of manifest.files) {
    if (!name.startsWith(`${uploadsFolder}/`)) continue;
    const path = join(dir, name.slice(uploadsFolder.length + 1));
    await mkdir(dirname(path), { recursive: true });
    const source = await target.read(manifest.id, name);
    await pipeline(source, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
    hashes.push((await digestOf(createReadStream(path))).sha256);
  }
  return hashes;
}
