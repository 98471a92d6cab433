// What is below deploy/ at a commit, read from git without touching the working tree.
import { execFileSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';
import { asManifest, type Manifest } from '../manifest.ts';
import type { Folders } from './run-diff.ts';

const MAX_BYTES = 64 * 1024 * 1024;

/** Folders below deploy/ at `ref`. Throws when `ref` names no commit, in the words of git. */
export function readCommitted(root: string, ref: string): Folders {
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', maxBuffer: MAX_BYTES, stdio: 'pipe' });
  const commit = git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`).trim();
  const files = git('ls-tree', '-r', '-z', '--name-only', commit, '--', 'deploy').split('\0');
  const found = new Map<string, Manifest[]>();
  for (const file of files.filter((name) => name.endsWith('.yaml'))) {
    const folder = file.split('/')[1] ?? '';
    found.set(folder, [...(found.get(folder) ?? []), ...objectsIn(git('show', `${commit}:${file}`))]);
  }
  return found;
}

function objectsIn(text: string): readonly Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as object | null)
    .filter((object) => object !== null)
    .map((object) => asManifest(object));
}
