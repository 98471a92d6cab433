// The app's uploads: which ones the database knows, and copying those into a set. Each lies in a file
// named by the hash of its content, so a copy that differs shows.
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { digestOf } from './durable.ts';
import type { ManifestFile } from './manifest.ts';
import { uploadPath, uploadsFolder } from './set-id.ts';
import type { Snapshot } from './snapshot.ts';
import { limitedStream } from './stall-limit.ts';
import { StallError, answersWithin } from './stall.ts';
import type { Limit } from './stall.ts';

/** Hashes of all documents of the snapshot; undefined when there is no such table. */
export async function referencedUploads(
  snapshot: Pick<Snapshot, 'ask'>,
  table: string,
): Promise<readonly string[] | undefined> {
  const [exists] = await snapshot.ask(`SELECT to_regclass('${table}') IS NOT NULL`);
  if (exists !== 't') return undefined;
  return snapshot.ask(`SELECT DISTINCT sha256 FROM "${table}" ORDER BY 1`);
}

export interface CopyOptions {
  readonly uploadsDir: string;
  readonly hashes: readonly string[];
  /** Stores one file of the set. */
  readonly put: (file: string, source: Readable) => Promise<ManifestFile>;
  /** The folder has failed when it has not answered for so long. */
  readonly stallMs: number;
}

export interface CopiedUploads {
  readonly files: readonly ManifestFile[];
  /** Hashes whose file is not there or holds something else. */
  readonly missing: readonly string[];
}

const filesAtOnce = 4;

/**
 * Copies the named uploads. What the folder lacks or has damaged is reported, not thrown: the database
 * of a bank is worth having even where one document is lost, and the drill fails at it.
 */
export async function copyUploads(options: CopyOptions): Promise<CopiedUploads> {
  const { uploadsDir, hashes } = options;
  // Not there at all is a mistake in the mount, and no loss of single files.
  await answersWithin(access(uploadsDir), limitOf(options)).catch((error: Error) => {
    if (error instanceof StallError) throw error;
    throw new Error(`UPLOADS_DIR: ${error.message}. Mount the app's uploads there or leave it out`);
  });
  const files: ManifestFile[] = [];
  const missing: string[] = [];
  const waiting = hashes.values();
  const worker = async (): Promise<void> => {
    for (const hash of waiting) {
      const file = (await isWhole(options, hash)) ? await copyOne(options, hash) : undefined;
      if (file === undefined) missing.push(hash);
      else files.push(file);
    }
  };
  await Promise.all(Array.from({ length: filesAtOnce }, worker));
  const byName = (a: ManifestFile, b: ManifestFile): number => (a.name < b.name ? -1 : 1);
  return { files: files.toSorted(byName), missing: missing.toSorted() };
}

/** Throws when the file changes between the look at it and the copy: that is no state of anything. */
async function copyOne(options: CopyOptions, hash: string): Promise<ManifestFile> {
  const path = uploadPath(hash);
  const file = await options.put(`${uploadsFolder}/${path}`, open(options, hash));
  if ((file.content ?? file).sha256 !== hash)
    throw new Error(`the upload ${path} changed while it was copied: nothing may write to it in place`);
  return file;
}

async function isWhole(options: CopyOptions, hash: string): Promise<boolean> {
  try {
    return (await digestOf(open(options, hash))).sha256 === hash;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A folder that cannot be read is no statement about what is in it.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return false;
    throw error;
  }
}

function open(options: CopyOptions, hash: string): Readable {
  const source = createReadStream(join(options.uploadsDir, uploadPath(hash)));
  return limitedStream(source, limitOf(options));
}

function limitOf({ uploadsDir, stallMs }: CopyOptions): Limit {
  return { ms: stallMs, what: `UPLOADS_DIR ${uploadsDir}` };
}
