// Images of the programs a cluster itself runs: pause, CoreDNS, Envoy Gateway, Envoy. One layer
// each, kept by the checksum of what is in them.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { COREDNS_IMAGE } from '../../test/cluster/src/addons/coredns.ts';
import { ENVOY_GATEWAY_IMAGE, ENVOY_IMAGE } from '../../test/cluster/src/addons/envoy-gateway.ts';
import { TRAEFIK_IMAGE } from '../../test/cluster/src/addons/traefik.ts';
import { PAUSE_IMAGE } from '../../test/cluster/src/node/config.ts';
import { cacheFolder } from '../../test/cluster/src/paths.ts';
import { run } from '../../test/cluster/src/process/command.ts';
import { writeImageArchive } from './oci-archive.ts';
import type { SingleLayerImage } from './oci-archive.ts';
import type { TarEntry } from './tar.ts';

export type SystemPrograms = {
  readonly pause: string;
  readonly coredns: string;
  readonly 'envoy-gateway': string;
  readonly envoy: string;
};

const folder = (path: string, mode = 0o755): TarEntry => ({ kind: 'folder', path, mode });
const program = (path: string, from: string): TarEntry => ({ kind: 'file', path, from, mode: 0o755 });

const USERS: TarEntry = {
  kind: 'text', path: 'etc/passwd',
  text: 'root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n',
};
const SYSTEM = [folder('etc'), USERS, folder('tmp', 0o1777), folder('usr'), folder('usr/local'), folder('usr/local/bin')];

/** Path of one archive with all images, written when a program has changed. */
export const ensureSystemImages = async (programs: SystemPrograms): Promise<string> =>
  ensureArchive('system', await describe(programs));

/** Path of the archive of the second data plane. */
export const ensureTraefikImage = (traefik: string): string =>
  ensureArchive('traefik', [{
    reference: TRAEFIK_IMAGE, entrypoint: ['/usr/local/bin/traefik'], user: '65532:65532',
    entries: [...SYSTEM, program('usr/local/bin/traefik', traefik)],
  }]);

const ensureArchive = (name: string, images: readonly SingleLayerImage[]): string => {
  const key = createHash('sha256').update(JSON.stringify(images)).digest('hex').slice(0, 16);
  const parent = cacheFolder('images');
  const path = join(parent, `${name}-${key}.tar`);
  if (existsSync(path)) return path;
  writeImageArchive(`${path}.tmp`, images, parent);
  const old = readdirSync(parent).filter((file) => file.startsWith(`${name}-`) && file.endsWith('.tar'));
  for (const file of old) rmSync(join(parent, file));
  renameSync(`${path}.tmp`, path);
  return path;
};

// The cached programs' paths hold the checksums of their sources, so the description is the key.
const describe = async (programs: SystemPrograms): Promise<readonly SingleLayerImage[]> => [
  { reference: PAUSE_IMAGE, entrypoint: ['/pause'], user: '65532:65532', entries: [program('pause', programs.pause)] },
  {
    reference: COREDNS_IMAGE, entrypoint: ['/coredns'],
    entries: [...SYSTEM, program('coredns', programs.coredns)],
  },
  {
    reference: ENVOY_GATEWAY_IMAGE, entrypoint: ['/usr/local/bin/envoy-gateway'], user: '65532:65532',
    entries: [...SYSTEM, program('usr/local/bin/envoy-gateway', programs['envoy-gateway'])],
  },
  {
    reference: ENVOY_IMAGE, entrypoint: ['/usr/local/bin/envoy'], user: '65532:65532',
    entries: [...SYSTEM, program('usr/local/bin/envoy', programs.envoy), ...(await librariesOf(programs.envoy))],
  },
];

/** The C library a program was linked with, at the paths its loader looks at. */
const librariesOf = async (path: string): Promise<readonly TarEntry[]> => {
  const files = parseLdd(await run('ldd', [path]));
  const folders = new Set(files.flatMap((file) => parents(file.slice(1))));
  return [
    ...[...folders].toSorted().map((name) => folder(name)),
    ...files.map((file) => program(file.slice(1), realpathSync(file))),
  ];
};

const parents = (path: string): readonly string[] => {
  const parent = dirname(path);
  return parent === '.' ? [] : [...parents(parent), parent];
};

/** Absolute paths in the output of ldd, the loader included. */
export const parseLdd = (output: string): readonly string[] =>
  output
    .split('\n')
    .map((line) => /(?:=> )?(\/[^ ]+) \(0x/.exec(line)?.[1])
    .filter((path) => path !== undefined)
    .filter((path) => basename(path).includes('.so'));
