// A backup set as a folder on the volume: <id>/ with database.dump and manifest.json.
import { randomBytes } from 'node:crypto';
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { digestFile } from './durable.ts';
import { parseManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';

/** Ids sort by time: 20261121T083900123Z-1f2e. */
const setId = /^\d{8}T\d{9}Z-[0-9a-f]{4}$/;
const partial = /^\.\d{8}T\d{9}Z-[0-9a-f]{4}\.(partial|deleting)$/;

export const manifestName = 'manifest.json';
export const dumpName = 'database.dump';

export type Verification =
  | { readonly kind: 'verified'; readonly manifest: Manifest }
  | { readonly kind: 'damaged'; readonly reason: string };

export function newSetId(now: Date): string {
  return `${now.toISOString().replace(/[-:.]/g, '')}-${randomBytes(2).toString('hex')}`;
}

/** Where a set is built. Its name starts with a dot, so that nothing takes it for a set. */
export function partialPath(dir: string, id: string): string {
  return join(dir, `.${id}.partial`);
}

/** Ids of all published sets, newest first. */
export async function listSetIds(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory() && setId.test(entry.name))
    .map((entry) => entry.name);
  return names.toSorted().toReversed();
}

/** Removes what dead writers have left. Only for the holder of the lock. */
export async function removeLeftovers(dir: string): Promise<readonly string[]> {
  const names = (await readdir(dir)).filter((name) => partial.test(name));
  for (const name of names) await rm(join(dir, name), { recursive: true, force: true });
  return names;
}

/** Reads every byte of the set again and compares it with the manifest. */
export async function verifySet(dir: string, id: string): Promise<Verification> {
  const text = await readFile(join(dir, id, manifestName), 'utf8').catch(() => undefined);
  if (text === undefined) return damaged(`${id} has no ${manifestName}`);
  const manifest = parseManifest(text, id);
  if (manifest === undefined) return damaged(`${id}/${manifestName} is not a manifest of this set`);
  for (const file of manifest.files) {
    const actual = await digestFile(join(dir, id, file.name)).catch(() => undefined);
    if (actual === undefined) return damaged(`${id}/${file.name} cannot be read`);
    if (actual.sizeBytes !== file.sizeBytes)
      return damaged(
        `${id}/${file.name} has ${actual.sizeBytes} bytes instead of ${file.sizeBytes}`,
      );
    if (actual.sha256 !== file.sha256)
      return damaged(`${id}/${file.name} is not what was written: its sha256 differs`);
  }
  return { kind: 'verified', manifest };
}

function damaged(reason: string): Verification {
  return { kind: 'damaged', reason };
}
