// `backup list`: every published set, newest first, each read again and verified.
import { listSetIds, verifySet } from './backup-set.ts';
import type { Manifest } from './manifest.ts';

export type ListedSet =
  | {
      readonly id: string;
      readonly kind: 'verified';
      readonly recoveryPoint: string;
      readonly sizeBytes: number;
      readonly database: Manifest['database'];
    }
  | { readonly id: string; readonly kind: 'damaged'; readonly reason: string };

export async function listSets(dir: string): Promise<readonly ListedSet[]> {
  const listed: ListedSet[] = [];
  for (const id of await listSetIds(dir)) {
    const verification = await verifySet(dir, id);
    if (verification.kind === 'damaged')
      listed.push({ id, kind: 'damaged', reason: verification.reason });
    else listed.push({ id, kind: 'verified', ...describe(verification.manifest) });
  }
  return listed;
}

function describe(manifest: Manifest): {
  recoveryPoint: string;
  sizeBytes: number;
  database: Manifest['database'];
} {
  const sizeBytes = manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return { recoveryPoint: manifest.startedAt, sizeBytes, database: manifest.database };
}
