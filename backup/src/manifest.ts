// manifest.json: what a complete set holds. Written last, so a set without one does not exist.
import { createHash } from 'node:crypto';

export interface ManifestFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface Manifest {
  readonly formatVersion: 1;
  readonly id: string;
  /** All that was committed before this moment is in the set: the recovery point. ISO 8601. */
  readonly startedAt: string;
  readonly completedAt: string;
  readonly database: { readonly name: string; readonly serverVersion: string };
  readonly files: readonly ManifestFile[];
}

/** Returns undefined when the text is no manifest of the given set. */
export function parseManifest(text: string, id: string): Manifest | undefined {
  const value = parseJson(text);
  if (!isObject(value) || value['formatVersion'] !== 1 || value['id'] !== id) return undefined;
  const { startedAt, completedAt, database, files } = value;
  if (typeof startedAt !== 'string' || typeof completedAt !== 'string' || !isDatabase(database))
    return undefined;
  if (!Array.isArray(files) || files.length === 0 || !files.every(isManifestFile)) return undefined;
  const manifest: Manifest = { formatVersion: 1, id, startedAt, completedAt, database, files };
  return value['sha256'] === hashOf(manifest) ? manifest : undefined;
}

/** The text ends with a hash over the rest of it, so that a flipped byte in here shows as well. */
export function renderManifest(manifest: Manifest): string {
  return `${JSON.stringify({ ...manifest, sha256: hashOf(manifest) }, undefined, 2)}\n`;
}

function hashOf({ formatVersion, id, startedAt, completedAt, database, files }: Manifest): string {
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

function isDatabase(value: unknown): value is Manifest['database'] {
  return (
    isObject(value) &&
    typeof value['name'] === 'string' &&
    typeof value['serverVersion'] === 'string'
  );
}

function isManifestFile(value: unknown): value is ManifestFile {
  if (!isObject(value)) return false;
  const { name, sizeBytes, sha256 } = value;
  // A name with a path in it could make a verification read files outside the set.
  return (
    typeof name === 'string' &&
    /^[\w][\w.-]*$/.test(name) &&
    typeof sizeBytes === 'number' &&
    typeof sha256 === 'string'
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
