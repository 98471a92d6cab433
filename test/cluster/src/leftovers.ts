// What a cluster has left on the machine: processes, mounts, network namespaces, links, control
// groups. Empty after `down`; tests and `down` itself ask here. Parsing is pure.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';

import { cacheDir, stateDir } from './paths.ts';
import { allPids, commandLine, identify } from './process/proc.ts';

export type Leftover = {
  readonly kind: 'process' | 'mount' | 'netns' | 'link' | 'cgroup' | 'state';
  /** What it is, for people: a command line, a path, a name. */
  readonly name: string;
};

export type LeftoverQuestion = {
  /** Folder every program and mount of the cluster names. */
  readonly folder: string;
  /** Begin of the names of namespaces, links and control groups; undefined when there are none. */
  readonly prefix: RegExp | undefined;
};

/** Any node-tier cluster's names begin like this: sw0-cp, sw0-n1, sw0-host. */
export const ANY_PREFIX = /^sw\d+-/;

/** `prefix` only for a node-tier cluster. */
export type ClusterNames = { readonly name: string; readonly prefix?: string };

/** Everything left of one cluster, or of all of them. */
export const leftovers = (cluster?: ClusterNames): readonly Leftover[] => {
  const folder = cluster === undefined ? join(cacheDir(), 'state') : stateDir(cluster.name);
  const own = cluster?.prefix === undefined ? undefined : new RegExp(`^${cluster.prefix}`);
  return findLeftovers({ folder, prefix: cluster === undefined ? ANY_PREFIX : own });
};

export const findLeftovers = ({ folder, prefix }: LeftoverQuestion): readonly Leftover[] => {
  const named = (kind: Leftover['kind'], names: readonly string[]): readonly Leftover[] =>
    names.filter((name) => prefix?.test(name) === true).map((name) => ({ kind, name }));
  return [
    ...processesNaming(folder),
    ...mountsUnder(readFileSync('/proc/self/mountinfo', 'utf8'), folder).map(
      (name) => ({ kind: 'mount', name }) as const,
    ),
    ...named('netns', entries('/run/netns')),
    ...named('link', linkNames()),
    ...controlGroups(prefix),
    ...(existsSync(join(folder, 'cluster.json')) ? [{ kind: 'state', name: folder } as const] : []),
  ];
};

/** Mount points at or below a folder, from the text of /proc/self/mountinfo. */
export const mountsUnder = (mountinfo: string, folder: string): readonly string[] =>
  mountinfo
    .split('\n')
    .map((line) => unescapeOctal(line.split(' ')[4] ?? ''))
    .filter((point) => point === folder || point.startsWith(`${folder}/`));

/** The kernel writes blanks in paths as \040. */
const unescapeOctal = (path: string): string =>
  path.replaceAll(/\\([0-7]{3})/g, (_all, digits: string) =>
    String.fromCodePoint(Number.parseInt(digits, 8)));

/**
 * True for a command line that names the folder or something in it. Kubeconfigs do not count:
 * whoever has one is a client of the cluster, and no part of it.
 */
export const isNaming = (line: string, folder: string): boolean =>
  line
    .split(' ')
    .filter((word) => !word.endsWith('.kubeconfig'))
    .some((word) => word.includes(`${folder}/`) || word.endsWith(folder));

const processesNaming = (folder: string): readonly Leftover[] =>
  allPids()
    .filter((pid) => pid !== process.pid && identify(pid) !== undefined)
    .map((pid) => ({ pid, line: commandLine(pid) }))
    .filter(({ line }) => isNaming(line, folder))
    .map(({ pid, line }) => ({ kind: 'process', name: `${pid} ${line.slice(0, 160)}` }));

const entries = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);

const linkNames = (): readonly string[] => [
  ...new Set([...entries('/sys/class/net'), ...Object.keys(networkInterfaces())]),
];

const CGROUPS = '/sys/fs/cgroup';

/** Control groups of our prefix at the top of every hierarchy (v1) or of the only one (v2). */
const controlGroups = (prefix: RegExp | undefined): readonly Leftover[] => {
  const tops = [CGROUPS, ...entries(CGROUPS).map((name) => join(CGROUPS, name))];
  return tops.flatMap((top) =>
    safeEntries(top)
      .filter((name) => prefix?.test(name) === true)
      .map((name) => ({ kind: 'cgroup', name: join(top, name) }) as const),
  );
};

const safeEntries = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    // A file, or a group that has just gone.
    return [];
  }
};
