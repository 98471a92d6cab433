// Root file systems of Debian packages, made by mmdebstrap and kept by their description.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { cacheFolder } from '../../test/cluster/src/paths.ts';
import { run } from '../../test/cluster/src/process/command.ts';
import { ROOTFS, SUITE } from './catalog.ts';

/** Raise it to fetch the packages' security updates. */
const REFRESHED = '2026-11-21.1';

export type RootfsName = keyof typeof ROOTFS;

/** What a root file system depends on. */
export const rootfsKey = (name: RootfsName): string =>
  createHash('sha256').update(JSON.stringify([ROOTFS[name], SUITE, REFRESHED])).digest('hex').slice(0, 16);

/** Path of the tar; made when it is not there. */
export const ensureRootfs = async (name: RootfsName): Promise<string> => {
  const path = join(cacheFolder('rootfs'), `${name}-${rootfsKey(name)}.tar`);
  if (existsSync(path)) return path;
  const { packages, remove } = ROOTFS[name];
  const unfinished = `${path}.tmp`;
  rmSync(unfinished, { force: true });
  await run('mmdebstrap', [
    '--variant=extract', '--mode=root', '--format=tar', `--include=${packages.join(',')}`,
    `--extract-hook=cd "$1" && rm -rf ${remove.join(' ')}`,
    // Device files are the container runtime's business.
    '--skip=output/dev', SUITE, unfinished,
  ], { logPath: join(cacheFolder('log'), `rootfs-${name}.log`), env: { SOURCE_DATE_EPOCH: '0' } });
  forgetOthers(name);
  renameSync(unfinished, path);
  return path;
};

const forgetOthers = (name: RootfsName): void => {
  const folder = cacheFolder('rootfs');
  const old = readdirSync(folder).filter((file) => file.startsWith(`${name}-`) && file.endsWith('.tar'));
  for (const file of old) rmSync(join(folder, file));
};
