// buildah with a store of its own inside the cache, so that it never touches the user's containers.

import { join } from 'node:path';

import { cacheFolder } from '../../test/cluster/src/paths.ts';
import { run } from '../../test/cluster/src/process/command.ts';

const store = (): string => cacheFolder('buildah');

/** Runs one buildah command on our store. */
export const buildah = (args: readonly string[]): Promise<string> =>
  run('buildah', [
    '--root', join(store(), 'root'), '--runroot', join(store(), 'run'), '--storage-driver', 'overlay', ...args,
  ], { logPath: join(cacheFolder('log'), 'images.log') });

/** Removes working containers, old images and the bind mount that buildah leaves on its store. */
export const releaseBuildah = async (): Promise<void> => {
  await buildah(['rm', '--all']);
  await buildah(['rmi', '--prune']);
  // Not mounted when nothing was built: that is no failure.
  await run('umount', [join(store(), 'root/overlay')]).catch(() => undefined);
};
