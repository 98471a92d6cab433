// The command behind `npm run diff`: which environments change, and how it ends.
import type { Manifest } from '../manifest.ts';
import { diffLines, type Paint } from './diff-text.ts';
import { diffObjects } from './object-diff.ts';
import { DIFF_USAGE, parseDiffOptions, type DiffOptions } from './options.ts';

/** Folder below deploy/ to its objects. */
export type Folders = ReadonlyMap<string, readonly Manifest[]>;

export interface DiffIo {
  /** What is committed at a ref. Throws when there is no such commit. */
  committed(ref: string): Folders;
  /** What the sources render now. */
  rendered(): Folders;
  print(line: string): void;
  complain(line: string): void;
  readonly paint: Paint;
}

/** Ends with 0; with 1 for a difference and --exit-code; with 2 for a wrong command line. */
export function runDiff(args: readonly string[], io: DiffIo): number {
  const options = parseDiffOptions(args);
  if (typeof options === 'string') return refuse(options, io);
  const before = committedAt(options.against, io);
  if (before === undefined) {
    return refuse(`--against ${options.against}: git knows no such commit here`, io);
  }
  const after = io.rendered();
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  const unknown = options.environments.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    return refuse(`${unknown.join(', ')}: no folder of deploy/. There are ${names.join(', ')}`, io);
  }
  return compare({ before, after, names, options }, io);
}

interface Comparison {
  readonly before: Folders;
  readonly after: Folders;
  readonly names: readonly string[];
  readonly options: DiffOptions;
}

function compare({ before, after, names, options }: Comparison, io: DiffIo): number {
  const wanted = options.environments.length > 0 ? options.environments : names;
  const found = wanted.map((name) => ({
    name,
    changes: diffObjects(before.get(name) ?? [], after.get(name) ?? []),
  }));
  for (const line of diffLines(found, io.paint)) io.print(line);
  const differs = found.some(({ changes }) => changes.length > 0);
  return differs && options.exitCode === 'ofDifference' ? 1 : 0;
}

function committedAt(ref: string, io: DiffIo): Folders | undefined {
  try {
    return io.committed(ref);
  } catch {
    return undefined;
  }
}

function refuse(problem: string, io: DiffIo): number {
  io.complain(`diff: ${problem}\nUsage: ${DIFF_USAGE}`);
  return 2;
}
