// Finds a Prometheus server, and fetches Debian's when there is none. `make test` calls it as a
// program; tests only ask where the server is. Debian's package is unpacked into the cache, not
// installed: installing it would start a server on this machine, and bring a web page's libraries.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findProgram } from '../../test/cluster/src/build/prerequisites.ts';
import { cacheDir, cacheFolder } from '../../test/cluster/src/paths.ts';

/** What to type when Prometheus is missing. */
export const prometheusInstallHint =
  'node tools/setup/prometheus.ts (or put a prometheus program on the PATH)';

const folder = (): string => join(cacheDir(), 'prometheus');
const program = (): string => join(folder(), 'usr/bin/prometheus');

/** The server's program: one on the PATH, else the one in the cache, else undefined. */
export function findPrometheus(): string | undefined {
  return findProgram('prometheus') ?? (existsSync(program()) ? program() : undefined);
}

/** promtool, which comes with the server: beside the program that was found, else undefined. */
export function findPromtool(): string | undefined {
  const server = findPrometheus();
  const beside = server && join(dirname(server), 'promtool');
  return beside && existsSync(beside) ? beside : findProgram('promtool');
}

/** Unpacks Debian's package into the cache. Throws when this machine cannot do that. */
export function fetchPrometheus(): void {
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Error(`Prometheus is missing and this is no Debian: ${prometheusInstallHint}`);
  }
  const work = mkdtempSync(join(tmpdir(), 'slipway-prometheus-'));
  try {
    download(work);
    const [archive] = readdirSync(work).filter((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get fetched no package prometheus');
    const unpacked = join(cacheFolder(), 'prometheus.new');
    rmSync(unpacked, { recursive: true, force: true });
    execFileSync('dpkg-deb', ['-x', join(work, archive), unpacked]);
    rmSync(folder(), { recursive: true, force: true });
    renameSync(unpacked, folder());
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/* The lists of packages may be missing, or so old that the package has gone from the archive. */
function download(into: string): void {
  // apt's own account could not write into the folder, and says so at length.
  const args = ['download', '-q', '-o', 'APT::Sandbox::User=root', 'prometheus'];
  const fetchIt = (): void => void execFileSync('apt-get', args, { cwd: into, stdio: 'inherit' });
  try {
    fetchIt();
  } catch {
    execFileSync('apt-get', ['update', '-q'], { stdio: 'inherit' });
    fetchIt();
  }
}

if (import.meta.main) {
  if (findPrometheus() === undefined) {
    console.log(`Fetching the Debian package prometheus into ${folder()} (it is not installed)`);
    fetchPrometheus();
  }
  const found = findPrometheus();
  if (found === undefined) throw new Error(`Prometheus is still missing: ${prometheusInstallHint}`);
  console.log(`Prometheus: ${found}`);
}
