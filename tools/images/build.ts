// Builds the project's images with buildah and keeps them in one archive. An image is built again
// when its Dockerfile, its base, its arguments or a file it copies has changed.

import { createHash } from 'node:crypto';
import {
  copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync,
  statSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { ensureImagePackages } from '../../test/cluster/src/node/packages.ts';
import { REPOSITORY, cacheDir, cacheFolder } from '../../test/cluster/src/paths.ts';
import { run } from '../../test/cluster/src/process/command.ts';
import { withLock } from '../../test/cluster/src/process/lock.ts';
import { silentProgress } from '../../test/cluster/src/progress.ts';
import type { Progress } from '../../test/cluster/src/progress.ts';
import { buildah, releaseBuildah } from './buildah.ts';
import { bundlePrograms } from './bundle.ts';
import { IMAGES } from './catalog.ts';
import type { BundleName, ImageSpec } from './catalog.ts';
import { digestsIn, layoutKey, pack, prune } from './oci-layout.ts';
import { ensureRootfs, rootfsKey } from './rootfs.ts';

export type EnsureImagesOptions = {
  readonly progress?: Progress;
  /** What to build; the whole catalog unless told. Bases must be listed before their users. */
  readonly images?: readonly ImageSpec[];
};

export type BuiltImages = {
  /** One archive with every image, for `importImages`. */
  readonly archive: string;
  /** Manifest digest by reference. */
  readonly digests: ReadonlyMap<string, string>;
};

const LOCK_MS = 20 * 60_000;

/**
 * Builds what has changed and returns the archive. A second call without changes takes about a
 * second (bundling).
 * @throws Error with the log of the failed step, or when two versions came out as one image.
 */
export const ensureImages = (options: EnsureImagesOptions = {}): Promise<BuiltImages> =>
  withLock(`images ${cacheDir()}`, LOCK_MS, async () => {
    const images = options.images ?? IMAGES;
    const progress = options.progress ?? silentProgress;
    await ensureImagePackages(progress);
    await progress.step('bundle programs', () => prepare(images));
    const keys = imageKeys(images, readInput);
    const layout = cacheFolder('images', 'layout');
    const remembered = readKeys();
    const there = digestsIn(layout);
    const stale = images.filter(({ reference }) =>
      remembered[reference] !== keys.get(reference) || !there.has(reference));
    if (stale.length > 0) await buildAll(stale, layout, progress);
    assertDistinct(images, digestsIn(layout));
    writeKeys({ ...remembered, ...Object.fromEntries(keys) });
    return { archive: await packed(layout, images, progress), digests: digestsIn(layout) };
  });

/** Puts the files in place that Dockerfiles copy: bundles and the stripped Node. */
const prepare = async (images: readonly ImageSpec[]): Promise<void> => {
  const bundles = new Set<BundleName>(images.flatMap((image) => image.bundles));
  mkdirSync(join(REPOSITORY, 'dist'), { recursive: true });
  await Promise.all([bundlePrograms([...bundles]), ensureNodeProgram()]);
};

/** `dist/node`: the Node of this repository without its symbols, as the images hold it. */
const ensureNodeProgram = async (): Promise<void> => {
  const source = join(REPOSITORY, 'node_modules/node/bin/node');
  const kept = join(cacheFolder('bin'), `node-${(await run(source, ['--version'])).trim()}-stripped`);
  if (!existsSync(kept)) {
    await run('strip', ['-o', `${kept}.tmp`, source]);
    renameSync(`${kept}.tmp`, kept);
  }
  place(kept, join(REPOSITORY, 'dist/node'));
};

/** A hard link where possible: these files are large. */
const place = (from: string, to: string): void => {
  rmSync(to, { force: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
};

/** Reads what a key is made of: the text of a file, or of all files below a folder. */
type ReadInput = (path: string) => string;

const readInput: ReadInput = (path) => {
  const absolute = join(REPOSITORY, path);
  if (path === 'dist/node') return String(statSync(absolute).size);
  if (!statSync(absolute).isDirectory()) return readFileSync(absolute, 'latin1');
  return readdirSync(absolute, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .filter((name) => statSync(join(absolute, name)).isFile())
    .map((name) => `${name}\n${readFileSync(join(absolute, name), 'latin1')}`)
    .join('\n');
};

/** The checksum of everything each image is built from, its base's included. */
export const imageKeys = (images: readonly ImageSpec[], read: ReadInput): ReadonlyMap<string, string> => {
  const keys = new Map<string, string>();
  for (const image of images) {
    const base = image.base === undefined ? '' : keys.get(image.base);
    if (base === undefined) throw new Error(`${image.reference} is listed before its base ${image.base}`);
    const inputs = inputsOf(image).map((path) => read(path));
    const rootfs = image.context.kind === 'rootfs' ? rootfsKey(image.context.rootfs) : '';
    const text = JSON.stringify([image, base, rootfs, inputs]);
    keys.set(image.reference, createHash('sha256').update(text).digest('hex'));
  }
  return keys;
};

/** Paths from the repository's root. */
const inputsOf = (image: ImageSpec): readonly string[] => [
  image.dockerfile,
  ...image.bundles.map((name) => `dist/${name}.mjs`),
  ...image.files.map((file) => {
    if (image.context.kind === 'repository') return file;
    return file === 'node' ? 'dist/node' : `tools/images/${image.context.rootfs}/${file}`;
  }),
];

const keysPath = (): string => join(cacheFolder('images'), 'keys.json');

const readKeys = (): Readonly<Record<string, string>> =>
  existsSync(keysPath()) ? (JSON.parse(readFileSync(keysPath(), 'utf8')) as Record<string, string>) : {};

const writeKeys = (keys: Readonly<Record<string, string>>): void =>
  writeFileSync(keysPath(), JSON.stringify(keys, undefined, 2));

const buildAll = async (images: readonly ImageSpec[], layout: string, progress: Progress): Promise<void> => {
  try {
    for (const image of images) {
      await progress.step(`build ${image.reference}`, async () => {
        await buildOne(image);
        await buildah(['push', '--quiet', image.reference, `oci:${layout}:${image.reference}`]);
      });
    }
  } finally {
    await releaseBuildah();
  }
};

const buildOne = async (image: ImageSpec): Promise<void> => {
  const args = { ...image.args, ...(image.base === undefined ? {} : { BASE: image.base }) };
  await buildah([
    'bud', '--quiet', '--isolation=chroot', '--pull-never', '--format=oci', '--timestamp=0',
    // With layers kept, the same image came out for two values of an argument.
    '--layers=false',
    ...Object.entries(args).map(([name, value]) => `--build-arg=${name}=${value}`),
    '--tag', image.reference, '--file', join(REPOSITORY, image.dockerfile), await contextOf(image),
  ]);
};

/** The folder a Dockerfile copies from; for a root file system one is put together. */
const contextOf = async ({ context, files }: ImageSpec): Promise<string> => {
  if (context.kind === 'repository') return REPOSITORY;
  const folder = join(cacheFolder('rootfs'), `${context.rootfs}-context`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  place(await ensureRootfs(context.rootfs), join(folder, 'rootfs.tar'));
  for (const file of files) {
    const from = file === 'node' ? 'dist/node' : `tools/images/${context.rootfs}/${file}`;
    copyFileSync(join(REPOSITORY, from), join(folder, file));
  }
  return folder;
};

/** @throws Error when two images of different arguments have one digest. */
const assertDistinct = (images: readonly ImageSpec[], digests: ReadonlyMap<string, string>): void => {
  const seen = new Map<string, string>();
  for (const { reference } of images) {
    const digest = digests.get(reference);
    if (digest === undefined) throw new Error(`${reference} was built but is not in the layout`);
    const other = seen.get(digest);
    if (other !== undefined) throw new Error(`${reference} and ${other} are the same image ${digest}`);
    seen.set(digest, reference);
  }
};

const packed = async (layout: string, images: readonly ImageSpec[], progress: Progress): Promise<string> => {
  prune(layout, new Set(images.map(({ reference }) => reference)));
  const archive = join(cacheFolder('images'), `programs-${layoutKey(layout)}.tar`);
  if (existsSync(archive)) return archive;
  await progress.step('pack images', () => pack(layout, `${archive}.tmp`));
  const folder = cacheFolder('images');
  const old = readdirSync(folder).filter((name) => /^programs-[0-9a-f]{16}\.tar$/.test(name));
  for (const name of old) rmSync(join(folder, name));
  renameSync(`${archive}.tmp`, archive);
  return archive;
};

