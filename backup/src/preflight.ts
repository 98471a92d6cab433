// Whether a target has room for another set: twice the size of the last one, because sets grow and
// retention deletes after publishing.
import { storedBytes } from './manifest.ts';
import type { Target } from './target.ts';
import { readManifest } from './verify-set.ts';

const factor = 2;

/** Throws when there is too little. A target that knows no limit always has room. */
export async function checkSpace(target: Target): Promise<void> {
  const freeBytes = await target.freeBytes();
  if (freeBytes === undefined) return;
  const lastBytes = await lastSetBytes(target);
  if (freeBytes >= factor * lastBytes) return;
  throw new Error(
    `${target.name} has ${freeBytes} bytes free, and the last set has ${lastBytes}: ${factor} times that is asked for. Enlarge the volume, or keep fewer sets (BACKUP_KEEP_*)`,
  );
}

/** Bytes of the newest set that has a readable manifest; 0 without one. */
async function lastSetBytes(target: Target): Promise<number> {
  for (const id of await target.listSets()) {
    const set = await readManifest(target, id);
    if (set.kind === 'verified') return storedBytes(set.manifest);
  }
  return 0;
}
