// Debian packages the node and the image builds need. Installed on demand, and said so.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { findProgram } from '../build/prerequisites.ts';
import { cacheFolder } from '../paths.ts';
import { run } from '../process/command.ts';
import type { Progress } from '../progress.ts';

/** Package -> a file that is there once it is installed. */
const NODE_PACKAGES = {
  containerd: ['/usr/bin/containerd'],
  runc: ['/usr/sbin/runc', '/usr/bin/runc'],
  'containernetworking-plugins': ['/usr/lib/cni/bridge', '/opt/cni/bin/bridge'],
  nftables: ['/usr/sbin/nft'],
  iproute2: ['/usr/sbin/ip', '/sbin/ip'],
  procps: ['/usr/sbin/sysctl', '/sbin/sysctl'],
  'util-linux': ['/usr/bin/nsenter'],
} as const;

const IMAGE_PACKAGES = {
  buildah: ['/usr/bin/buildah'],
  mmdebstrap: ['/usr/bin/mmdebstrap'],
  binutils: ['/usr/bin/strip'],
  'python3-pip': ['/usr/bin/pip3', '/usr/bin/pip'],
  'debian-archive-keyring': ['/usr/share/keyrings/debian-archive-keyring.gpg'],
} as const;

type PackageList = Readonly<Record<string, readonly string[]>>;

/** Packages none of whose files exists. */
export const missingPackages = (
  packages: PackageList,
  exists: (path: string) => boolean = existsSync,
): readonly string[] =>
  Object.entries(packages)
    .filter(([, files]) => !files.some(exists))
    .map(([name]) => name);

/** Installs what a node needs and is missing. */
export const ensureNodePackages = (progress: Progress): Promise<void> => ensure(NODE_PACKAGES, progress);

/** Installs what building images needs and is missing. */
export const ensureImagePackages = (progress: Progress): Promise<void> => {
  const pip = findProgram('pip3') ?? findProgram('pip');
  const { 'python3-pip': files, ...others } = IMAGE_PACKAGES;
  return ensure(pip === undefined ? { ...others, 'python3-pip': files } : others, progress);
};

const ensure = async (packages: PackageList, progress: Progress): Promise<void> => {
  const missing = missingPackages(packages);
  if (missing.length === 0) return;
  if (findProgram('apt-get') === undefined) {
    throw new Error(`these programs are missing and there is no apt-get to install them: ${missing.join(', ')}`);
  }
  progress.note(`installing Debian packages: ${missing.join(' ')} (they stay after the cluster is gone)`);
  await progress.step(`install ${missing.join(', ')}`, async () => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update', '-q'], { env });
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], { env });
  });
  const all = new Set([...installedPackages(), ...missing]);
  writeFileSync(listPath(), `${[...all].toSorted().join('\n')}\n`);
};

const listPath = (): string => join(cacheFolder(), 'installed-packages');

/** Packages this harness has installed on the machine; they stay when clusters go. */
export const installedPackages = (): readonly string[] =>
  existsSync(listPath()) ? readFileSync(listPath(), 'utf8').trim().split('\n') : [];

/** Where the network plugins are installed. */
export const cniPluginsDir = (): string => (existsSync('/usr/lib/cni/bridge') ? '/usr/lib/cni' : '/opt/cni/bin');
