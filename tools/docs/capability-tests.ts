// The tests whose names begin with the id of a capability, read from the source of all test files.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './pages.ts';

/** A test that claims a row: `it('B1: a run publishes ...')` in that file. */
export interface CapabilityTest {
  readonly id: string;
  /** Path from the repository's root. */
  readonly file: string;
  readonly name: string;
}

const TEST_FILE = /\.(?:test|e2e|cluster)\.ts$/;
const FOLDERS = ['app', 'backup', 'charts-ts', 'operator', 'prisma', 'test', 'tools'];
const GENERATED = /(?:^|\/)(?:node_modules|generated|modules)\//;
/* Skipped tests and tests without a body (`it.skip`, `it.todo`) show nothing. */
const NAMED_TEST = /^[ \t]*(?:it|test)\(\s*(['"])([TSDBM]\d+): ((?:\\.|(?!\1)[^\\\n])+)\1/gm;

/** The claims in the text of one file, in their order. */
export function claimsIn(file: string, text: string): CapabilityTest[] {
  return [...text.matchAll(NAMED_TEST)].map(([, , id = '', name = '']) => ({
    id,
    file,
    name: name.replaceAll(/\\(.)/g, '$1'),
  }));
}

/** Every claim of the repository, by path. */
export function capabilityTests(): CapabilityTest[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
      (path) => `${folder}/${path}`,
    ),
  );
  return files
    .filter((path) => TEST_FILE.test(path) && !GENERATED.test(path))
    .toSorted()
    .flatMap((path) => claimsIn(path, readFileSync(join(ROOT, path), 'utf8')));
}
