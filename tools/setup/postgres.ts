// Finds PostgreSQL's server programs, and installs Debian's when there are none. `make test` calls
// it as a program; tests only ask where the programs are.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const versionsDir = '/usr/lib/postgresql';

/** What to type when PostgreSQL is missing. */
export const postgresInstallHint =
  'apt-get install -y postgresql (or: node tools/setup/postgres.ts)';

/** The folder with initdb, postgres, pg_dump of the newest version installed, or undefined. */
export function findPostgresBinDir(): string | undefined {
  if (!existsSync(versionsDir)) return undefined;
  const versions = readdirSync(versionsDir).map(Number).filter(Number.isFinite);
  const newestFirst = versions.toSorted((a, b) => b - a);
  return newestFirst
    .map((version) => join(versionsDir, String(version), 'bin'))
    .find((dir) => existsSync(join(dir, 'initdb')) && existsSync(join(dir, 'pg_dump')));
}

/** Installs Debian's server without starting a cluster. Throws when this machine cannot do that. */
export function installPostgres(): void {
  if (process.getuid?.() !== 0)
    throw new Error(`PostgreSQL is missing and only root can install it: ${postgresInstallHint}`);
  if (!existsSync('/usr/bin/apt-get'))
    throw new Error(
      'PostgreSQL is missing and this is no Debian: install a server and its client programs by hand',
    );
  // Debian would start a cluster on port 5432 otherwise.
  mkdirSync('/etc/postgresql-common', { recursive: true });
  const clusterConfig = '/etc/postgresql-common/createcluster.conf';
  if (!existsSync(clusterConfig)) writeFileSync(clusterConfig, 'create_main_cluster = false\n');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['update', '-q'], { stdio: 'inherit', env });
  execFileSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'postgresql'], {
    stdio: 'inherit',
    env,
  });
}

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root, so root runs it as the account Debian made for it. */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => {
    const found = spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' });
    if (found.status !== 0)
      throw new Error(
        `PostgreSQL does not run as root and there is no user "postgres": ${postgresInstallHint}`,
      );
    return Number(found.stdout);
  };
  return { uid: id('-u'), gid: id('-g') };
}

if (import.meta.main) {
  if (findPostgresBinDir() === undefined) {
    console.log('Installing the Debian package postgresql (no cluster is started)');
    installPostgres();
  }
  const found = findPostgresBinDir();
  if (found === undefined) throw new Error(`PostgreSQL is still missing: ${postgresInstallHint}`);
  console.log(`PostgreSQL: ${found}`);
}
