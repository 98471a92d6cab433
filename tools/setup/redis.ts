// Finds a Redis server, and installs Debian's program when there is none. `make test` calls it as a
// program; tests and `npm run dev` only ask where the server is. The package redis-server would
// start a server on port 6379 now and at each boot; redis-tools holds the same program (Redis is
// one binary that goes by the name it is called with) and starts nothing.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../test/cluster/src/build/prerequisites.ts';
import { cacheDir, cacheFolder } from '../../test/cluster/src/paths.ts';

/** What to type when Redis is missing. */
export const redisInstallHint =
  'node tools/setup/redis.ts (or put a redis-server program on the PATH)';

const ownName = (): string => join(cacheDir(), 'redis', 'redis-server');

/** The server's program: one on the PATH, else Debian's under the server's name, else undefined. */
export function findRedisServer(): string | undefined {
  // existsSync follows the link: a link to a package that was removed does not count.
  return findProgram('redis-server') ?? (existsSync(ownName()) ? ownName() : undefined);
}

/** Makes findRedisServer find one. Throws when this machine cannot do that. */
export function installRedis(): void {
  if (findProgram('redis-check-rdb') === undefined) installDebianTools();
  const program = findProgram('redis-check-rdb');
  if (program === undefined) throw new Error(`redis-tools brought no server: ${redisInstallHint}`);
  const link = join(cacheFolder('redis'), 'redis-server');
  rmSync(link, { force: true });
  symlinkSync(program, link);
}

function installDebianTools(): void {
  if (process.getuid?.() !== 0) {
    throw new Error(`Redis is missing and only root can install it: ${redisInstallHint}`);
  }
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Error('Redis is missing and this is no Debian: put a redis-server on the PATH');
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]): void =>
    void execFileSync('apt-get', args, { stdio: 'inherit', env });
  apt('update', '-q');
  apt('install', '-y', '-q', '--no-install-recommends', 'redis-tools');
}

if (import.meta.main) {
  if (findRedisServer() === undefined) {
    console.log('Making a redis-server from the Debian package redis-tools (no service is started)');
    installRedis();
  }
  const found = findRedisServer();
  if (found === undefined) throw new Error(`Redis is still missing: ${redisInstallHint}`);
  console.log(`Redis: ${found} ${execFileSync(found, ['--version'], { encoding: 'utf8' }).trim()}`);
}
