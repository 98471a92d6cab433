// What a target tells about its backups: the newest set, the newest one that a drill has restored, and
// the runs there were.
import { z } from 'zod';

import { storedBytes } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { knownRuns } from './run-notes.ts';
import type { KnownRun } from './run-notes.ts';
import type { Target } from './target.ts';
import { readManifest } from './verify-set.ts';

const passedSchema = z.object({
  setId: z.string(),
  at: z.iso.datetime(),
  recoveryPoint: z.iso.datetime(),
  recoveryPointAgeSeconds: z.number(),
  restoreSeconds: z.number(),
});

/** A set that a drill has restored. */
export type VerifiedSet = z.infer<typeof passedSchema>;

export interface BackupState {
  readonly newest: NewestSet | undefined;
  /** Undefined until a drill has passed. */
  readonly verified: VerifiedSet | undefined;
  /** How the last drill ended; undefined before the first. */
  readonly lastDrill: 'passed' | 'failed' | undefined;
  /** Oldest first. */
  readonly runs: readonly KnownRun[];
  readonly freeBytes: number | undefined;
}

export interface NewestSet {
  readonly startedAt: number;
  readonly completedAt: number;
  readonly sizeBytes: number;
  /** Uploads that the database knew and the set lacks. */
  readonly missingUploads: number;
}

export async function observeState(target: Target): Promise<BackupState> {
  const drills = await target.listNotes('drills');
  return {
    newest: await newestSet(target),
    verified: await lastVerified(target, drills),
    lastDrill: outcomeOf(drills.at(-1)),
    runs: await knownRuns(target),
    freeBytes: await target.freeBytes(),
  };
}

async function newestSet(target: Target): Promise<NewestSet | undefined> {
  for (const id of await target.listSets()) {
    const set = await readManifest(target, id);
    if (set.kind === 'damaged') continue;
    return {
      startedAt: Date.parse(set.manifest.startedAt),
      completedAt: Date.parse(set.manifest.completedAt),
      sizeBytes: storedBytes(set.manifest),
      missingUploads: missingUploads(set.manifest),
    };
  }
  return undefined;
}

function missingUploads({ uploads }: Manifest): number {
  return uploads.kind === 'included' ? uploads.missing.length : uploads.referenced;
}

async function lastVerified(
  target: Target,
  drills: readonly string[],
): Promise<VerifiedSet | undefined> {
  const passed = drills.findLast((name) => outcomeOf(name) === 'passed');
  if (passed === undefined) return undefined;
  const parsed = passedSchema.safeParse(JSON.parse(await target.readNote('drills', passed)));
  return parsed.success ? parsed.data : undefined;
}

function outcomeOf(name: string | undefined): BackupState['lastDrill'] {
  const found = /\.(passed|failed)\.json$/.exec(name ?? '')?.[1];
  return found === 'passed' || found === 'failed' ? found : undefined;
}
