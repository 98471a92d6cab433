// The plugin's image as a folder, made as its Dockerfile says, and the repository as Argo CD hands it over.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
export const PLUGIN = join(ROOT, 'charts-ts/src/gitops/plugin');

/** Each as [source from the repository's root, place in the image]. */
export function imageCopies(): readonly (readonly [string, string])[] {
  const text = readFileSync(join(PLUGIN, 'Dockerfile'), 'utf8');
  return [...text.matchAll(/^COPY (\S+) (\S+)$/gm)].map(([, from = '', to = '']) => [
    from,
    to === './' ? 'generate.ts' : to,
  ]);
}

/** Fills `image` with what the Dockerfile puts into /plugin. */
export function makeImage(image: string): void {
  for (const [from, to] of imageCopies().filter(([, place]) => !place.startsWith('/'))) {
    cpSync(join(ROOT, from), join(image, to), { recursive: true });
  }
}

/** Fills `checkout` with the files of git that rendering needs. */
export function makeCheckout(checkout: string): void {
  const args = ['ls-files', '-co', '--exclude-standard', '-z', 'charts-ts', 'operator/src', 'package.json'];
  const list = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  for (const path of list.split('\0').filter((one) => one !== '' && existsSync(join(ROOT, one)))) {
    mkdirSync(dirname(join(checkout, path)), { recursive: true });
    cpSync(join(ROOT, path), join(checkout, path));
  }
}

/** What is committed for an environment. */
export function committed(environment: string): unknown[] {
  const folder = join(ROOT, 'deploy', environment);
  return readdirSync(folder)
    .toSorted()
    .flatMap((file) => objectsIn(readFileSync(join(folder, file), 'utf8')))
    // A file may have nothing in it but its heading.
    .filter((object) => object !== null);
}

export function objectsIn(yaml: string): unknown[] {
  return parseAllDocuments(yaml).map((document) => document.toJS() as unknown);
}
