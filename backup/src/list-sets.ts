// `backup list`: every published set, newest first, each read again and verified.
import { storedBytes } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import type { Target } from './target.ts';
import { verifySet } from './verify-set.ts';

export type ListedSet =
  | {
      readonly id: string;
      readonly kind: 'verified';
      readonly recoveryPoint: string;
      readonly sizeBytes: number;
      readonly database: Pick<Manifest['database'], 'name' | 'serverVersion'>;
      /** Uploads in the set. */
      readonly uploads: number;
    }
  | { readonly id: string; readonly kind: 'damaged'; readonly reason: string };

export async function listSets(target: Target): Promise<readonly ListedSet[]> {
  const listed: ListedSet[] = [];
  for (const id of await target.listSets()) {
    const verification = await verifySet(target, id);
    if (verification.kind === 'damaged')
      listed.push({ id, kind: 'damaged', reason: verification.reason });
    else listed.push({ id, kind: 'verified', ...describe(verification.manifest) });
  }
  return listed;
}

function describe(manifest: Manifest): Omit<ListedSet & { kind: 'verified' }, 'id' | 'kind'> {
  const { name, serverVersion } = manifest.database;
  return {
    recoveryPoint: manifest.recoveryPoint.time,
    sizeBytes: storedBytes(manifest),
    database: { name, serverVersion },
    uploads: manifest.uploads.kind === 'included' ? manifest.uploads.files : 0,
  };
}
