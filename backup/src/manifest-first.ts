// Manifests of format 1, which knew the database only. Sets of that time stay whole and restorable.
import { createHash } from 'node:crypto';

import { z } from 'zod';

import type { Manifest } from './manifest.ts';

const schema = z.object({
  formatVersion: z.literal(1),
  id: z.string(),
  startedAt: z.iso.datetime(),
  completedAt: z.iso.datetime(),
  database: z.object({ name: z.string(), serverVersion: z.string() }),
  files: z
    .array(
      z.object({
        name: z.string().regex(/^\w[\w.-]*$/),
        sizeBytes: z.int().nonnegative(),
        sha256: z.string(),
      }),
    )
    .min(1),
  sha256: z.string(),
});

/** Returns undefined when the value is no such manifest of the given set. */
export function parseFirstManifest(value: object, id: string): Manifest | undefined {
  const parsed = schema.safeParse(value);
  if (!parsed.success || parsed.data.id !== id) return undefined;
  const { sha256, ...first } = parsed.data;
  if (sha256 !== hashOf(first)) return undefined;
  const { startedAt, completedAt, database, files } = first;
  return {
    formatVersion: 2,
    id,
    epoch: 0,
    startedAt,
    completedAt,
    recoveryPoint: { time: startedAt, lsn: '0/0' },
    database: { ...database, rows: {} },
    uploads: { kind: 'not-included', referenced: 0 },
    files,
  };
}

function hashOf(first: Omit<z.infer<typeof schema>, 'sha256'>): string {
  const { formatVersion, id, startedAt, completedAt, database, files } = first;
  const canonical = JSON.stringify([
    formatVersion,
    id,
    startedAt,
    completedAt,
    [database.name, database.serverVersion],
    files.map((file) => [file.name, file.sizeBytes, file.sha256]),
  ]);
  return createHash('sha256').update(canonical).digest('hex');
}
