// Documents on a volume: UPLOADS_DIR/<first two hex digits>/<sha256>, written elsewhere and renamed.
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { pathOf } from './blobs.ts';
import type { Blobs } from './blobs.ts';
import { errorCodeOf } from './error-code.ts';

/** What a process that died has left behind is removed after so long. */
const abandonedMs = 3_600_000;

/** Throws when the folder cannot be written. */
export async function openVolume(dir: string, now: () => number = Date.now): Promise<Blobs> {
  const incomingDir = join(dir, '.incoming');
  await mkdir(incomingDir, { recursive: true });
  await sweep(incomingDir, now() - abandonedMs);
  return {
    incomingDir,
    publish: async (file, { sha256 }) => {
      const target = join(dir, pathOf(sha256));
      await mkdir(dirname(target), { recursive: true });
      // The same hash is the same bytes, so it does not matter who comes last.
      await rename(file, target);
      // A name is durable once its folder is; the folder's own name likewise.
      await syncFolder(dirname(target));
      await syncFolder(dir);
    },
    open: async (sha256) => {
      try {
        const handle = await open(join(dir, pathOf(sha256)), 'r');
        return handle.createReadStream();
      } catch (error) {
        if (errorCodeOf(error) === 'ENOENT') return undefined;
        throw error;
      }
    },
  };
}

async function sweep(incomingDir: string, before: number): Promise<void> {
  for (const name of await readdir(incomingDir)) {
    const file = join(incomingDir, name);
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < before) await rm(file, { force: true });
  }
}

async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
