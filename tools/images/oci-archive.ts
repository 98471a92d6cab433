// OCI image archives of one layer, for programs that need nothing but themselves. containerd and
// Docker read them. Layers are not compressed: a local import reads them once.

import { createHash } from 'node:crypto';
import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { writeAll, writeTar, writeTarFile } from './tar.ts';
import type { TarEntry } from './tar.ts';

export type SingleLayerImage = {
  /** Reference with tag, for example localhost/slipway/pause:1. */
  readonly reference: string;
  readonly entries: readonly TarEntry[];
  readonly entrypoint: readonly string[];
  /** Numeric user, optionally with a group: "65532:65532". */
  readonly user?: string;
  readonly env?: readonly string[];
};

type Blob = { readonly digest: string; readonly sizeBytes: number; readonly entry: TarEntry };

const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** Writes one archive holding the images. `scratch` is a folder for the layers meanwhile. */
export const writeImageArchive = (
  path: string,
  images: readonly SingleLayerImage[],
  scratch: string,
): void => {
  const layers: string[] = [];
  const blobs = new Map<string, Blob>();
  const manifests: object[] = [];
  const keep = (blob: Blob): Blob => {
    blobs.set(blob.digest, blob);
    return blob;
  };
  for (const [index, image] of images.entries()) {
    const layerPath = join(scratch, `layer-${process.pid}-${index}.tar`);
    layers.push(layerPath);
    const layer = keep(writeLayer(layerPath, image.entries));
    const config = keep(jsonBlob(configOf(image, layer)));
    const manifest = keep(jsonBlob(manifestOf(config, layer)));
    manifests.push({ mediaType: MANIFEST, ...refer(manifest), annotations: namesOf(image.reference) });
  }
  writeTarFile(path, [
    text('oci-layout', { imageLayoutVersion: '1.0.0' }),
    text('index.json', { schemaVersion: 2, manifests }),
    { kind: 'folder', path: 'blobs' },
    { kind: 'folder', path: 'blobs/sha256' },
    ...[...blobs.values()].map((blob) => blob.entry),
  ]);
  for (const layer of layers) rmSync(layer);
};

const text = (path: string, value: object): TarEntry => ({ kind: 'text', path, text: JSON.stringify(value) });

const refer = (blob: Blob): object => ({ digest: `sha256:${blob.digest}`, size: blob.sizeBytes });

const configOf = (image: SingleLayerImage, layer: Blob): object => ({
  architecture: 'amd64',
  os: 'linux',
  config: {
    Entrypoint: image.entrypoint,
    Env: image.env ?? ['PATH=/usr/local/bin:/usr/bin:/bin'],
    ...(image.user === undefined ? {} : { User: image.user }),
  },
  rootfs: { type: 'layers', diff_ids: [`sha256:${layer.digest}`] },
});

const manifestOf = (config: Blob, layer: Blob): object => ({
  schemaVersion: 2,
  mediaType: MANIFEST,
  config: { mediaType: CONFIG, ...refer(config) },
  layers: [{ mediaType: LAYER, ...refer(layer) }],
});

const namesOf = (reference: string): object => ({
  'io.containerd.image.name': reference,
  'org.opencontainers.image.ref.name': reference.slice(reference.lastIndexOf(':') + 1),
});

const jsonBlob = (value: object): Blob => {
  const content = JSON.stringify(value);
  const digest = createHash('sha256').update(content).digest('hex');
  const entry: TarEntry = { kind: 'text', path: `blobs/sha256/${digest}`, text: content };
  return { digest, sizeBytes: Buffer.byteLength(content), entry };
};

const writeLayer = (path: string, entries: readonly TarEntry[]): Blob => {
  const hash = createHash('sha256');
  const file = openSync(path, 'w', 0o600);
  try {
    writeTar(entries, (bytes) => {
      hash.update(bytes);
      writeAll(file, bytes);
    });
  } finally {
    closeSync(file);
  }
  const digest = hash.digest('hex');
  const entry: TarEntry = { kind: 'file', path: `blobs/sha256/${digest}`, from: path };
  return { digest, sizeBytes: statSync(path).size, entry };
};
