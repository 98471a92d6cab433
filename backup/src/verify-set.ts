// Whether a published set is what its manifest says: each byte read again from where it lies.
import { digestOf } from './durable.ts';
import { parseManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { manifestName } from './set-id.ts';
import type { Target } from './target.ts';

export type Verification =
  | { readonly kind: 'verified'; readonly manifest: Manifest }
  | { readonly kind: 'damaged'; readonly reason: string };

const maxManifestBytes = 134_217_728;

/** Reads the manifest, and every byte of every file or only their sizes. */
export async function verifySet(
  target: Target,
  id: string,
  depth: Target['rereads'] = 'bytes',
): Promise<Verification> {
  const manifest = await readManifest(target, id);
  if (manifest.kind === 'damaged') return manifest;
  const reason =
    depth === 'bytes'
      ? await firstWrongByte(target, manifest.manifest)
      : await firstWrongSize(target, manifest.manifest);
  return reason === undefined ? manifest : { kind: 'damaged', reason };
}

/** Reads the manifest only. */
export async function readManifest(target: Target, id: string): Promise<Verification> {
  let text: string;
  try {
    text = await textOf(target, id);
  } catch (error) {
    return { kind: 'damaged', reason: `${id}/${manifestName} cannot be read: ${messageOf(error)}` };
  }
  const manifest = parseManifest(text, id);
  if (manifest === undefined)
    return { kind: 'damaged', reason: `${id}/${manifestName} is not a manifest of this set` };
  return { kind: 'verified', manifest };
}

async function firstWrongByte(target: Target, { id, files }: Manifest): Promise<string | undefined> {
  for (const file of files) {
    const path = `${id}/${file.name}`;
    try {
      const actual = await digestOf(await target.read(id, file.name));
      if (actual.sizeBytes !== file.sizeBytes)
        return `${path} has ${actual.sizeBytes} bytes instead of ${file.sizeBytes}`;
      if (actual.sha256 !== file.sha256)
        return `${path} is not what was written: its sha256 differs`;
    } catch (error) {
      return `${path} cannot be read: ${messageOf(error)}`;
    }
  }
  return undefined;
}

async function firstWrongSize(target: Target, { id, files }: Manifest): Promise<string | undefined> {
  const sizes = await target.sizes(id);
  const wrong = files.find((file) => sizes.get(file.name) !== file.sizeBytes);
  if (wrong === undefined) return undefined;
  const actual = sizes.get(wrong.name);
  return actual === undefined
    ? `${id}/${wrong.name} is missing`
    : `${id}/${wrong.name} has ${actual} bytes instead of ${wrong.sizeBytes}`;
}

async function textOf(target: Target, id: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of (await target.read(id, manifestName)) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxManifestBytes) throw new Error('larger than 128 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
