// Builds programs from Go modules and keeps them by the checksum of what they are built from.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

import { cacheDir, cacheFolder } from '../paths.ts';
import { run } from '../process/command.ts';
import { withLock } from '../process/lock.ts';
import { silentProgress } from '../progress.ts';
import type { Progress } from '../progress.ts';
import { groupOf } from './go-groups.ts';
import type { GoGroup, ProgramName } from './go-groups.ts';
import { requireFreeDisk, requireProgram } from './prerequisites.ts';

const BUILD_TIMEOUT_MS = 40 * 60_000;
const KEPT_BUILDS = 2;

export type BuildOptions = { readonly progress?: Progress };

/** Absolute path of each asked program. */
export type Programs<N extends ProgramName> = Readonly<Record<N, string>>;

/**
 * Returns the paths of programs, building the groups that are not in the cache yet. The first
 * build of everything takes about 10 minutes on two cores, later calls milliseconds.
 * @throws Error naming the missing prerequisite, or the log of the failed build.
 */
export const ensureBinaries = async <N extends ProgramName>(
  names: readonly N[],
  options: BuildOptions = {},
): Promise<Programs<N>> => {
  requireProgram('go', 'Go 1.26 or newer, https://go.dev/dl');
  const toolchain = (await run('go', ['version'])).trim();
  const folders = new Map<string, string>();
  // One after the other: each build uses all processors by itself.
  for (const group of new Set(names.map(groupOf))) {
    folders.set(group.name, await ensureGroup(group, toolchain, options.progress ?? silentProgress));
  }
  const pathOf = (name: N): string => join(folders.get(groupOf(name).name) ?? '', name);
  return Object.fromEntries(names.map((name) => [name, pathOf(name)])) as Programs<N>;
};

/** What a build depends on, as one checksum. `sources` are the texts of the module's own files. */
export const buildKey = (
  group: GoGroup,
  toolchain: string,
  sources: readonly string[],
): string => {
  const portable = { ...group, source: { ...group.source, dir: undefined } };
  const text = JSON.stringify([portable, toolchain, sources]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
};

const ensureGroup = async (group: GoGroup, toolchain: string, progress: Progress): Promise<string> => {
  const key = buildKey(group, toolchain, sourcesOf(group));
  const folder = join(cacheFolder('bin'), `${group.name}-${key}`);
  if (existsSync(folder)) return folder;
  return withLock(`build ${cacheDir()} ${group.name}`, BUILD_TIMEOUT_MS, async () => {
    if (existsSync(folder)) return folder;
    requireFreeDisk(cacheDir(), group.needsGigabytes);
    await progress.step(`build ${Object.keys(group.programs).join(', ')}`, () => build(group, folder));
    forgetOldBuilds(group.name);
    return folder;
  });
};

const sourcesOf = (group: GoGroup): readonly string[] => {
  if (group.source.kind === 'install') return [];
  const { dir } = group.source;
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .filter((name) => /(\.go|go\.mod|go\.sum)$/.test(name))
    .map((name) => `${name}\n${readFileSync(join(dir, name), 'utf8')}`);
};

/** Builds next to the final place and renames at the end, so that half a build is never found. */
const build = async (group: GoGroup, folder: string): Promise<void> => {
  const unfinished = `${folder}.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const flags = ['-trimpath', '-buildvcs=false', '-ldflags', group.ldflags];
  const logPath = join(cacheFolder('log'), `build-${group.name}.log`);
  const env = { CGO_ENABLED: '0', GOBIN: unfinished };
  const packages = Object.values(group.programs);
  const common = { env, logPath, timeoutMs: BUILD_TIMEOUT_MS };
  if (group.source.kind === 'module') {
    const args = ['build', ...flags, '-o', `${unfinished}/`, ...packages];
    await run('go', args, { ...common, cwd: group.source.dir });
  } else {
    const { version } = group.source;
    await run('go', ['install', ...flags, ...packages.map((name) => `${name}@${version}`)], common);
  }
  for (const [program, path] of Object.entries(group.programs)) {
    const built = join(unfinished, builtName(path));
    if (built !== join(unfinished, program)) renameSync(built, join(unfinished, program));
  }
  renameSync(unfinished, folder);
};

/** The name Go gives a program: the last part of its package that is no version. */
export const builtName = (path: string): string =>
  basename(/\/v\d+$/.test(path) ? path.slice(0, path.lastIndexOf('/')) : path);

const forgetOldBuilds = (name: string): void => {
  const parent = cacheFolder('bin');
  const age = (entry: string): number => statSync(join(parent, entry)).mtimeMs;
  const old = readdirSync(parent)
    .filter((entry) => entry.startsWith(`${name}-`) && /^[0-9a-f]{16}$/.test(entry.slice(name.length + 1)))
    .toSorted((a, b) => age(b) - age(a))
    .slice(KEPT_BUILDS);
  for (const entry of old) rmSync(join(parent, entry), { recursive: true, force: true });
};
