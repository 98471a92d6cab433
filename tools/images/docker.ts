// The same images with a Docker engine: the same Dockerfiles, on the official base images.

import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { REPOSITORY } from '../../test/cluster/src/paths.ts';
import { run } from '../../test/cluster/src/process/command.ts';
import { bundlePrograms } from './bundle.ts';
import { BUNDLES, IMAGES } from './catalog.ts';
import type { BundleName, ImageSpec } from './catalog.ts';

/** Arguments of `docker` that make an image; a root file system is replaced by an official image. */
export const dockerCommands = (image: ImageSpec): readonly (readonly string[])[] => {
  if (image.context.kind === 'rootfs') {
    const official = image.dockerBase ?? '';
    return [['pull', official], ['tag', official, image.reference]];
  }
  const args = { ...image.args, ...(image.dockerBase === undefined ? {} : { BASE: image.dockerBase }) };
  return [[
    'build', '--file', image.dockerfile, '--tag', image.reference,
    ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    '.',
  ]];
};

/** Builds all images and returns their references. */
export const buildWithDocker = async (): Promise<readonly string[]> => {
  mkdirSync(join(REPOSITORY, 'dist'), { recursive: true });
  await bundlePrograms(Object.keys(BUNDLES) as BundleName[]);
  copyFileSync(join(REPOSITORY, 'node_modules/node/bin/node'), join(REPOSITORY, 'dist/node'));
  for (const image of IMAGES) {
    for (const args of dockerCommands(image)) await run('docker', args, { cwd: REPOSITORY });
  }
  return IMAGES.map(({ reference }) => reference);
};
