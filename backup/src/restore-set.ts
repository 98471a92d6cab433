// Putting a verified set back: its dump into an empty database, its uploads into an empty folder.
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import type { BackupConfig } from './config.ts';
import { digestOf } from './durable.ts';
import type { Manifest } from './manifest.ts';
import { openCipher } from './set-cipher.ts';
import type { SetCipher } from './set-cipher.ts';
import { dumpName, uploadsFolder } from './set-id.ts';
import type { Target } from './target.ts';
import { runTool } from './tool.ts';
import { verifySet } from './verify-set.ts';

export interface SetToRestore {
  readonly target: Target;
  readonly manifest: Manifest;
  readonly cipher: SetCipher;
}

/** Throws when the set is damaged, or its key is not there. */
export async function openSet(
  config: BackupConfig,
  target: Target,
  id: string,
): Promise<SetToRestore> {
  const verification = await verifySet(target, id);
  if (verification.kind === 'damaged') throw new Error(verification.reason);
  const { manifest } = verification;
  return { target, manifest, cipher: openCipher(manifest, config.keys) };
}

/** Into a database that is there and empty. */
export async function restoreDatabase(
  config: BackupConfig,
  { target, manifest, cipher }: SetToRestore,
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
    input: cipher.open(dumpName, await target.read(manifest.id, dumpName)),
  });
}

/** Hashes of what the folder holds afterwards, each read again from there. */
export async function restoreUploads(
  { target, manifest, cipher }: SetToRestore,
  dir: string,
): Promise<readonly string[]> {
  const hashes: string[] = [];
  for (const { name } of manifest.files) {
    if (!name.startsWith(`${uploadsFolder}/`)) continue;
    const path = join(dir, name.slice(uploadsFolder.length + 1));
    await mkdir(dirname(path), { recursive: true });
    const source = cipher.open(name, await target.read(manifest.id, name));
    await pipeline(source, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
    hashes.push((await digestOf(createReadStream(path))).sha256);
  }
  return hashes;
}
