// Deletes what retention lets go, once the newest set is known to be good. Only for the writer.
import { setsToDelete } from './retention.ts';
import type { KeepPolicy } from './retention.ts';
import type { Target, Writer } from './target.ts';
import { verifySet } from './verify-set.ts';

export interface Thinning {
  readonly target: Target;
  readonly writer: Writer;
  readonly keep: KeepPolicy;
}

/** Ids of the sets that are gone. A set that the target does not let go is tried again the next time. */
export async function thinOut({ target, writer, keep }: Thinning): Promise<readonly string[]> {
  const sets = [];
  for (const id of await target.listSets()) {
    const { kind } = await verifySet(target, id, target.rereads);
    sets.push({ id, isVerified: kind === 'verified' });
  }
  const deleted = [];
  for (const id of setsToDelete(sets, keep)) {
    if ((await writer.remove(id)).kind === 'removed') deleted.push(id);
  }
  return deleted;
}
