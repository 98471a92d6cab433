// manifest.json: what a complete set holds. Written last, so a set without one does not exist.
import { createHash } from 'node:crypto';

import { z } from 'zod';

import { parseFirstManifest } from './manifest-first.ts';

const sizeBytes = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/* A name with a way out of the set in it could make a verification read files outside. */
const fileName = z.string().max(200).regex(/^\w[\w.-]*(?:\/\w[\w.-]*)*$/);

const fileSchema = z.object({
  name: fileName,
  /** Of the bytes as they are stored. */
  sizeBytes,
  sha256,
  /** Of the content, where that is stored encrypted. */
  content: z.object({ sizeBytes, sha256 }).optional(),
});

const manifestSchema = z.object({
  formatVersion: z.literal(2),
  id: z.string(),
  /** Fencing token of the writer. */
  epoch: z.int().nonnegative(),
  startedAt: z.iso.datetime(),
  completedAt: z.iso.datetime(),
  /**
   * All that was committed before this moment of the database's clock is in the set. The position in
   * its log is what was written at that moment.
   */
  recoveryPoint: z.object({ time: z.iso.datetime(), lsn: z.string() }),
  database: z.object({
    name: z.string(),
    serverVersion: z.string(),
    /** Rows of each table at the set's moment. */
    rows: z.record(z.string(), sizeBytes),
  }),
  uploads: z.discriminatedUnion('kind', [
    /** No folder was named. `referenced`: documents the database knows nevertheless. */
    z.object({ kind: z.literal('not-included'), referenced: sizeBytes }),
    z.object({
      kind: z.literal('included'),
      files: sizeBytes,
      /** Hashes of documents that the database knows and the folder lacks or has damaged. */
      missing: z.array(sha256),
    }),
  ]),
  encryption: z
    .object({
      algorithm: z.literal('AES-256-GCM'),
      /** Bytes of content in each sealed chunk. */
      chunkBytes: z.int().positive().max(67_108_864),
      /** Which key of the key folder opens the set's own key. */
      keyId: z.string(),
      wrappedKey: z.string(),
      /** Over the rest of the manifest, with a key derived from the set's. */
      mac: z.string(),
    })
    .optional(),
  files: z.array(fileSchema).min(1),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestFile = z.infer<typeof fileSchema>;
export type Encryption = NonNullable<Manifest['encryption']>;

/** Returns undefined when the text is no manifest of the given set. */
export function parseManifest(text: string, id: string): Manifest | undefined {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  if ('formatVersion' in value && value.formatVersion === 1) return parseFirstManifest(value, id);
  const { sha256: stated, ...rest } = value as Record<string, unknown>;
  if (stated !== hashOf(rest)) return undefined;
  const parsed = manifestSchema.safeParse(rest);
  return parsed.success && parsed.data.id === id ? parsed.data : undefined;
}

/** The text ends with a hash over the rest of it, so that a flipped byte in here shows as well. */
export function renderManifest(manifest: Manifest): string {
  return `${JSON.stringify({ ...manifest, sha256: hashOf(manifest) }, undefined, 2)}\n`;
}

/** The same text for the same manifest, without its authentication. */
export function canonicalManifest(manifest: Manifest): string {
  const { encryption } = manifest;
  const unsigned = encryption === undefined ? {} : { encryption: { ...encryption, mac: '' } };
  return JSON.stringify(manifestSchema.parse({ ...manifest, ...unsigned }));
}

/** All bytes of the set as stored. */
export function storedBytes(manifest: Manifest): number {
  return manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0);
}

function hashOf(value: object): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
