// Finds what the tests of a stalled NFS share need, and installs Debian's packages when they are missing:
// nfs-ganesha serves in user space, libnfs and FUSE mount without the kernel's NFS client.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const packages = ['nfs-ganesha', 'nfs-ganesha-vfs', 'libnfs-dev', 'libfuse3-dev', 'fuse3', 'gcc', 'libc6-dev', 'pkg-config'];

/** What to type when they are missing. */
export const nfsInstallHint = `apt-get install -y ${packages.join(' ')} (or: node tools/setup/nfs.ts)`;

export const ganeshaProgram = '/usr/bin/ganesha.nfsd';

/** What is missing, by path. */
export function missingForNfs(): readonly string[] {
  const needed = [
    ganeshaProgram,
    '/usr/include/nfsc/libnfs.h',
    '/usr/include/fuse3/fuse.h',
    '/usr/bin/fusermount3',
    '/usr/bin/gcc',
    '/usr/bin/pkg-config',
  ];
  return needed.filter((path) => !existsSync(path));
}

/** Throws when this machine cannot do that. */
export function installNfs(): void {
  if (process.getuid?.() !== 0)
    throw new Error(`an NFS server is missing and only root can install it: ${nfsInstallHint}`);
  if (!existsSync('/usr/bin/apt-get'))
    throw new Error('an NFS server is missing and this is no Debian: install nfs-ganesha, libnfs and FUSE 3 by hand');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['update', '-q'], { stdio: 'inherit', env });
  const install = ['install', '-y', '-q', '--no-install-recommends', ...packages];
  execFileSync('apt-get', install, { stdio: 'inherit', env });
}

if (import.meta.main) {
  if (missingForNfs().length > 0) {
    console.log(`Installing the Debian packages ${packages.join(', ')}`);
    installNfs();
  }
  const missing = missingForNfs();
  if (missing.length > 0) throw new Error(`still missing: ${missing.join(', ')}. ${nfsInstallHint}`);
  console.log(`NFS: ${ganeshaProgram}`);
}
