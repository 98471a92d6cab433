// Sets in a bucket: files below `sets/<id>/`, then `manifests/<id>.json` on the condition that there is
// none. A manifest without content is a tombstone.
//
// Fencing: who takes the lock over writes tombstones for the sets of earlier writers. One that was only
// asleep finds its manifest's place taken, so its last write fails, however late it comes.
import { Readable } from 'node:stream';

import type { Digest } from './durable.ts';
import { ConditionError, openBucket } from './s3-bucket.ts';
import type { Bucket, BucketConfig } from './s3-bucket.ts';
import { acquireBucketLock } from './s3-lock.ts';
import type { BucketLock } from './s3-lock.ts';
import { isSetId, manifestName, timeOfSet } from './set-id.ts';
import { FencedError, MissingFileError } from './target.ts';
import type { Held, Note, NoteFolder, Removal, StepHook, Target, Writer } from './target.ts';

const tombstone = '';
/* No writer sleeps for longer and is then still believed. */
const tombstoneDays = 30;

export function openBucketTarget(config: BucketConfig, onStep: StepHook = () => undefined): Target {
  const bucket = openBucket(config);
  return {
    name: bucket.name,
    rereads: 'sizes',
    listSets: () => listSets(bucket),
    read: (id, file) => bucket.stream(keyOf(id, file)),
    sizes: (id) => sizesOf(bucket, id),
    freeBytes: async () => undefined,
    listNotes: (folder) => listNotes(bucket, folder),
    readNote: (folder, name) => readNote(bucket, `${folder}/${name}`),
    writeNote: (folder, note) => writeNote(bucket, folder, note),
    openWriter: (id) => openWriter({ bucket, leaseMs: config.leaseMs, id, onStep }),
    lockDrills: () =>
      acquireBucketLock({ bucket, key: 'locks/drill.json', leaseMs: config.leaseMs }) as Promise<
        Held | undefined
      >,
  };
}

function keyOf(id: string, file: string): string {
  return file === manifestName ? manifestKey(id) : `sets/${id}/${file}`;
}

function manifestKey(id: string): string {
  return `manifests/${id}.json`;
}

async function manifests(bucket: Bucket): Promise<ReadonlyMap<string, 'published' | 'tombstone'>> {
  const entries = await bucket.list('manifests/');
  const named = entries.map(({ key, sizeBytes }) => {
    const id = key.slice('manifests/'.length, -'.json'.length);
    return [id, sizeBytes === 0 ? ('tombstone' as const) : ('published' as const)] as const;
  });
  return new Map(named.filter(([id]) => isSetId(id)));
}

async function listSets(bucket: Bucket): Promise<readonly string[]> {
  const published = [...(await manifests(bucket))].filter(([, kind]) => kind === 'published');
  return published.map(([id]) => id).toSorted().toReversed();
}

async function sizesOf(bucket: Bucket, id: string): Promise<ReadonlyMap<string, number>> {
  const folder = `sets/${id}/`;
  const entries = await bucket.list(folder);
  return new Map(entries.map(({ key, sizeBytes }) => [key.slice(folder.length), sizeBytes]));
}

async function listNotes(bucket: Bucket, folder: NoteFolder): Promise<readonly string[]> {
  const entries = await bucket.list(`${folder}/`);
  return entries.map(({ key }) => key.slice(folder.length + 1)).toSorted();
}

async function readNote(bucket: Bucket, key: string): Promise<string> {
  const found = await bucket.text(key);
  if (found === undefined) throw new MissingFileError(`${bucket.name}${key} is not there`);
  return found.text;
}

async function writeNote(bucket: Bucket, folder: NoteFolder, { name, text, keep }: Note): Promise<void> {
  await bucket.putText(`${folder}/${name}`, text);
  const oldestFirst = await listNotes(bucket, folder);
  for (const old of oldestFirst.slice(0, -keep)) await bucket.delete(`${folder}/${old}`);
}

interface WriterOptions {
  readonly bucket: Bucket;
  readonly leaseMs: number;
  readonly id: string;
  readonly onStep: StepHook;
}

async function openWriter(options: WriterOptions): Promise<Writer | undefined> {
  const { bucket, leaseMs, id } = options;
  const lock = await acquireBucketLock({ bucket, key: 'locks/writer.json', leaseMs, setId: id });
  if (lock === undefined) return undefined;
  try {
    await clearAway(bucket, { unfinished: lock.unfinished, own: id });
    await options.onStep('make-folder');
    return new BucketWriter({ ...options, lock });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Fences off and removes what earlier writers have begun. Only for the holder of the lock. */
async function clearAway(
  bucket: Bucket,
  { unfinished, own }: { unfinished: string | undefined; own: string },
): Promise<void> {
  const known = await manifests(bucket);
  const begun = await bucket.folders('sets/');
  const doomed = new Set([...begun, ...(unfinished === undefined ? [] : [unfinished])]);
  doomed.delete(own);
  for (const id of doomed) {
    if (known.get(id) === 'published' || !isSetId(id)) continue;
    if (await bury(bucket, id)) await removeFiles(bucket, id);
  }
  await bucket.abortUploads('sets/');
  const oldest = Date.now() - tombstoneDays * 86_400_000;
  for (const [id, kind] of known)
    if (kind === 'tombstone' && timeOfSet(id) < oldest) await bucket.delete(manifestKey(id));
}

/** False when the set was published after all: then it is whole. */
async function bury(bucket: Bucket, id: string): Promise<boolean> {
  try {
    await bucket.putText(manifestKey(id), tombstone, { kind: 'absent' });
    return true;
  } catch (error) {
    if (error instanceof ConditionError) return false;
    throw error;
  }
}

async function removeFiles(bucket: Bucket, id: string): Promise<void> {
  for (const { key } of await bucket.list(`sets/${id}/`)) await bucket.delete(key);
}

class BucketWriter implements Writer {
  readonly epoch: number;
  private readonly options: WriterOptions & { readonly lock: BucketLock };
  private isPublished = false;

  constructor(options: WriterOptions & { readonly lock: BucketLock }) {
    this.options = options;
    this.epoch = options.lock.epoch;
  }

  put(file: string, source: Readable): Promise<Digest> {
    return this.options.bucket.putFile(keyOf(this.options.id, file), source);
  }

  read(file: string): Promise<Readable> {
    return this.options.bucket.stream(keyOf(this.options.id, file));
  }

  async publish(manifest: string): Promise<void> {
    const { bucket, id, lock, onStep } = this.options;
    await onStep('publish');
    try {
      await lock.confirm();
      await onStep('write-manifest');
      await bucket.putText(manifestKey(id), manifest, { kind: 'absent' });
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      throw new FencedError(
        `another writer has taken over from writer ${this.epoch} at ${bucket.name}: nothing was published`,
      );
    }
    this.isPublished = true;
    lock.finished();
    await onStep('published');
  }

  async discard(): Promise<void> {
    if (this.isPublished) return;
    const { bucket, id, lock } = this.options;
    await removeFiles(bucket, id);
    lock.finished();
  }

  async remove(id: string): Promise<Removal> {
    const { bucket, onStep } = this.options;
    await onStep('delete-old');
    try {
      await bucket.delete(manifestKey(id));
      await onStep('remove-old');
      await removeFiles(bucket, id);
      return { kind: 'removed' };
    } catch (error) {
      if ((error as Error).name !== 'AccessDenied') throw error;
      return { kind: 'kept', reason: `${bucket.name} does not allow to delete ${id}` };
    }
  }

  release(): Promise<void> {
    return this.options.lock.release();
  }
}
