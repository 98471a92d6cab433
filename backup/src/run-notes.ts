// What runs leave beside the sets: one small note each, whose name already says how it ended. Sets go with
// retention; the notes tell for years when there was one.
import { isSetId, timeOfSet } from './set-id.ts';
import type { Target } from './target.ts';

export type RunKind = 'published' | 'failed';

export interface KnownRun {
  readonly id: string;
  readonly kind: RunKind;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** Eleven years of nights. */
const maxNotes = 4_000;

/** Never throws: a note that cannot be written must not fail the run it tells of. */
export async function noteRun(
  target: Target,
  { id, kind, ...rest }: { id: string; kind: RunKind; seconds: number; error?: string },
): Promise<void> {
  const text = `${JSON.stringify({ id, kind, ...rest })}\n`;
  const note = { name: `${id}.${kind}.json`, text, keep: maxNotes };
  await target.writeNote('runs', note).catch(() => undefined);
}

/** Oldest first. */
export async function knownRuns(target: Target): Promise<readonly KnownRun[]> {
  const names = await target.listNotes('runs');
  return names.flatMap((name) => {
    const [id = '', kind] = name.split('.');
    if (!isSetId(id) || (kind !== 'published' && kind !== 'failed')) return [];
    return [{ id, kind, startedAt: timeOfSet(id) }];
  });
}
