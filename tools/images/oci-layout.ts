// An OCI layout on disk that images are pushed into: reading digests, dropping what is no longer
// named, packing it into one archive.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { run } from '../../test/cluster/src/process/command.ts';

type Descriptor = { readonly digest: string; readonly annotations?: Readonly<Record<string, string>> };
type Index = { readonly manifests: readonly Descriptor[] };
type Manifest = { readonly config: Descriptor; readonly layers: readonly Descriptor[] };

const REFERENCE = 'org.opencontainers.image.ref.name';

const readIndex = (layout: string): Index => {
  const path = join(layout, 'index.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Index) : { manifests: [] };
};

const blobPath = (layout: string, digest: string): string => join(layout, 'blobs', digest.replace(':', '/'));

/** Manifest digest of each reference in the layout. */
export const digestsIn = (layout: string): ReadonlyMap<string, string> => {
  const { manifests } = readIndex(layout);
  return new Map(manifests.map(({ digest, annotations }) => [annotations?.[REFERENCE] ?? '', digest]));
};

/** Forgets references that are not wanted, and the blobs nobody names any more. */
export const prune = (layout: string, wanted: ReadonlySet<string>): void => {
  const index = readIndex(layout);
  const manifests = index.manifests.filter(({ annotations }) => wanted.has(annotations?.[REFERENCE] ?? ''));
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ ...index, manifests }));
  const reachable = new Set(manifests.flatMap(({ digest }) => [digest, ...referredBy(layout, digest)]));
  const folder = join(layout, 'blobs/sha256');
  for (const name of readdirSync(folder)) {
    if (!reachable.has(`sha256:${name}`)) rmSync(join(folder, name));
  }
};

const referredBy = (layout: string, digest: string): readonly string[] => {
  const manifest = JSON.parse(readFileSync(blobPath(layout, digest), 'utf8')) as Manifest;
  return [manifest.config.digest, ...manifest.layers.map((layer) => layer.digest)];
};

/** Checksum of everything the layout names. */
export const layoutKey = (layout: string): string =>
  createHash('sha256').update(JSON.stringify([...digestsIn(layout)].toSorted())).digest('hex').slice(0, 16);

/** Packs the layout into one archive that containerd imports. */
export const pack = async (layout: string, archive: string): Promise<void> => {
  await run('tar', ['-C', layout, '-cf', archive, 'oci-layout', 'index.json', 'blobs']);
};
