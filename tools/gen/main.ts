// `npm run gen` writes docs/reference and docs/capabilities.md; with `-- --check` it only compares and
// fails on a difference. Either way it fails when a capability has no answer, or two.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { capabilityMistakes } from './capabilities-page.ts';
import type { Page } from './markdown.ts';
import { pages } from './pages.ts';

function committed(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** The pages whose committed text is another one. */
export function stalePages(all: readonly Page[], read: (path: string) => string | undefined): Page[] {
  return all.filter(({ path, text }) => read(path) !== text);
}

function main(args: readonly string[]): void {
  const stale = stalePages(pages(), committed);
  const mistakes = capabilityMistakes();
  for (const mistake of mistakes) console.error(mistake);
  if (mistakes.length > 0) process.exitCode = 1;
  if (args.includes('--check')) {
    for (const { path } of stale) console.error(`${path} is not what the code says: npm run gen`);
    if (stale.length > 0) process.exitCode = 1;
    return;
  }
  for (const { path, text } of stale) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`wrote ${path}`);
  }
}

if (import.meta.main) {
  process.chdir(new URL('../..', import.meta.url).pathname);
  main(process.argv.slice(2));
}
