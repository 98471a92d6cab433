// Sets on a volume, such as an NFS share: a set is built in `.<id>.partial/` and renamed to `<id>/`.
//
// Fencing: each writer writes a greater epoch into `.writer.epoch`, then moves away what earlier writers
// have begun. One that was only asleep finds its folder gone, so its rename to the set's name fails.
import { createReadStream } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';

import { publish, syncFolder, writeStream, writeText } from './durable.ts';
import type { Digest } from './durable.ts';
import { isSetId, manifestName } from './set-id.ts';
import { FencedError, MissingFileError } from './target.ts';
import type { Held, Note, NoteFolder, Removal, StepHook, Target, Writer } from './target.ts';
import { acquireVolumeLock } from './volume-lock.ts';

const leftover = /^\.(\d{8}T\d{9}Z-[0-9a-f]{4})\.(partial|deleting)$/;
const epochFile = '.writer.epoch';

export function openVolume(dir: string, onStep: StepHook = () => undefined): Target {
  return {
    name: `volume ${dir}`,
    rereads: 'bytes',
    listSets: () => listSets(dir),
    read: (id, file) => readFrom(join(dir, id, file)),
    sizes: (id) => sizesIn(join(dir, id)),
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(dir);
      return bavail * bsize;
    },
    listNotes: (folder) => listNotes(dir, folder),
    readNote: (folder, name) => readFile(join(dir, folder, name), 'utf8'),
    writeNote: (folder, note) => writeNote(join(dir, folder), note),
    openWriter: (id) => openWriter({ dir, id, onStep }),
    lockDrills: () => lockDrills(dir),
  };
}

async function listSets(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return names.filter(isSetId).toSorted().toReversed();
}

async function readFrom(path: string): Promise<Readable> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new MissingFileError(`${path} is not there`);
    throw error;
  });
  if (!found.isFile()) throw new MissingFileError(`${path} is no file`);
  return createReadStream(path, { highWaterMark: 1_048_576 });
}

async function sizesIn(dir: string): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    sizes.set(path.slice(dir.length + 1), (await stat(path)).size);
  }
  return sizes;
}

async function listNotes(dir: string, folder: NoteFolder): Promise<readonly string[]> {
  const names = await readdir(join(dir, folder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => !name.startsWith('.')).toSorted();
}

async function writeNote(folder: string, { name, text, keep }: Note): Promise<void> {
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `.${name}.partial`);
  await rm(draft, { force: true });
  await writeText(draft, text);
  await publish(draft, join(folder, name));
  const oldestFirst = (await readdir(folder)).toSorted();
  for (const old of oldestFirst.slice(0, -keep)) await rm(join(folder, old), { force: true });
}

async function lockDrills(dir: string): Promise<Held | undefined> {
  await mkdir(dir, { recursive: true });
  return acquireVolumeLock(dir, 'drill');
}

interface WriterOptions {
  readonly dir: string;
  readonly id: string;
  readonly onStep: StepHook;
}

async function openWriter(options: WriterOptions): Promise<Writer | undefined> {
  const { dir, id, onStep } = options;
  await mkdir(dir, { recursive: true });
  const lock = await acquireVolumeLock(dir, 'writer');
  if (lock === undefined) return undefined;
  try {
    const epoch = (await readEpoch(dir)) + 1;
    await writeEpoch(dir, epoch);
    await removeLeftovers(dir);
    await onStep('make-folder');
    await mkdir(partialPath(dir, id), { mode: 0o700 });
    return new VolumeWriter({ ...options, epoch, lock });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

class VolumeWriter implements Writer {
  readonly epoch: number;
  private readonly options: WriterOptions & { readonly lock: Held };
  private readonly partial: string;
  private readonly folders = new Set<string>();

  constructor(options: WriterOptions & { readonly epoch: number; readonly lock: Held }) {
    this.options = options;
    this.epoch = options.epoch;
    this.partial = partialPath(options.dir, options.id);
  }

  async put(file: string, source: Readable): Promise<Digest> {
    const path = join(this.partial, file);
    const folder = dirname(path);
    if (folder !== this.partial && !this.folders.has(folder)) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      for (let at = folder; at !== this.partial; at = dirname(at)) this.folders.add(at);
    }
    return writeStream(path, source);
  }

  read(file: string): Promise<Readable> {
    return readFrom(join(this.partial, file));
  }

  async publish(manifest: string): Promise<void> {
    const { dir, id, onStep } = this.options;
    await onStep('write-manifest');
    await this.unlessFenced(writeText(join(this.partial, manifestName), manifest));
    await onStep('sync-folder');
    for (const folder of this.folders) await syncFolder(folder);
    await syncFolder(this.partial);
    await onStep('publish');
    const epoch = await readEpoch(dir);
    if (epoch !== this.epoch) throw this.fenced(epoch);
    await this.unlessFenced(publish(this.partial, join(dir, id)));
    await onStep('published');
  }

  async discard(): Promise<void> {
    await rm(this.partial, { recursive: true, force: true });
  }

  async remove(id: string): Promise<Removal> {
    const { dir, onStep } = this.options;
    await onStep('delete-old');
    // Out of sight in one move first, so that nobody restores from half a set.
    const hidden = join(dir, `.${id}.deleting`);
    await publish(join(dir, id), hidden);
    await onStep('remove-old');
    await rm(hidden, { recursive: true, force: true });
    return { kind: 'removed' };
  }

  release(): Promise<void> {
    return this.options.lock.release();
  }

  /** The folder is ours alone: when it is gone, a later writer has moved it away. */
  private async unlessFenced(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw this.fenced(await readEpoch(this.options.dir));
    }
  }

  private fenced(epoch: number): FencedError {
    return new FencedError(
      `writer ${epoch} has taken over from writer ${this.epoch} on volume ${this.options.dir}: nothing was published`,
    );
  }
}

/** Where a set is built. Its name starts with a dot, so that nothing takes it for a set. */
function partialPath(dir: string, id: string): string {
  return join(dir, `.${id}.partial`);
}

/** Removes what dead writers have left. Only for the holder of the lock. */
async function removeLeftovers(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const [, id, kind] = leftover.exec(name) ?? [];
    if (id === undefined) continue;
    const doomed = join(dir, `.${id}.deleting`);
    // In one move: whoever still writes in there must not be able to publish what is left of it.
    if (kind === 'partial') await rename(join(dir, name), doomed);
    await rm(doomed, { recursive: true, force: true });
  }
}

async function readEpoch(dir: string): Promise<number> {
  const text = await readFile(join(dir, epochFile), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '0';
    throw error;
  });
  const epoch = Number(text);
  if (!Number.isSafeInteger(epoch) || epoch < 0)
    throw new Error(
      `${join(dir, epochFile)} says ${JSON.stringify(text.slice(0, 40))} instead of a number: write into it the greatest "epoch" of the manifests`,
    );
  return epoch;
}

async function writeEpoch(dir: string, epoch: number): Promise<void> {
  const draft = join(dir, `${epochFile}.partial`);
  await writeFile(draft, `${epoch}\n`, { mode: 0o600, flush: true });
  await publish(draft, join(dir, epochFile));
}
