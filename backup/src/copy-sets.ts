// Copies published sets from one target to the next, byte for byte, oldest first: what a night without
// the bucket has left out, the next one makes good.
import { renderManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import type { KeepPolicy } from './retention.ts';
import type { Target, Writer } from './target.ts';
import { thinOut } from './thin-out.ts';
import { readManifest } from './verify-set.ts';

export interface CopyResult {
  readonly copied: readonly string[];
  /** Sets that could not be copied because they are damaged where they lie. */
  readonly damaged: readonly string[];
  readonly deleted: readonly string[];
  readonly isBusy: boolean;
}

export interface CopyOptions {
  readonly from: Target;
  readonly to: Target;
  /** What stays at the target of the copies. */
  readonly keep: KeepPolicy;
}

/* After a longer time without a bucket the newest ones count. */
const maxSetsAtOnce = 3;

/** Throws when the target fails; what is copied by then stays. */
export async function copySets({ from, to, keep }: CopyOptions): Promise<CopyResult> {
  const there = new Set(await to.listSets());
  const newest = [...there].toSorted().at(-1) ?? '';
  const lacking = (await from.listSets()).filter((id) => id > newest);
  const copied: string[] = [];
  const damaged: string[] = [];
  const deleted: string[] = [];
  for (const id of lacking.slice(0, maxSetsAtOnce).toReversed()) {
    const writer = await to.openWriter(id);
    if (writer === undefined) return { copied, damaged, deleted, isBusy: true };
    try {
      const set = await readManifest(from, id);
      const isCopied = set.kind === 'verified' && (await copyOne(from, writer, set.manifest));
      (isCopied ? copied : damaged).push(id);
      if (isCopied) deleted.push(...(await thinOut({ target: to, writer, keep })));
    } finally {
      await writer.release();
    }
  }
  return { copied, damaged, deleted, isBusy: false };
}

/** False when a file is not what its manifest says; then nothing is published. */
async function copyOne(from: Target, writer: Writer, manifest: Manifest): Promise<boolean> {
  try {
    for (const file of manifest.files) {
      const stored = await writer.put(file.name, await from.read(manifest.id, file.name));
      if (stored.sha256 === file.sha256) continue;
      await writer.discard();
      return false;
    }
    await writer.publish(renderManifest(manifest));
    return true;
  } catch (error) {
    await writer.discard().catch(() => undefined);
    throw error;
  }
}
