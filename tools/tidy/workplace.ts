// Nothing of the machine something was written on is left in it: no home folders, and the lock file
// names the public registry only.
import { lineAt, type Finding, type SourceFile } from './source-file.ts';

const HOME_FOLDERS = /(?<![\w.$}~)-])\/(?:work|root)\//g;

const RESOLVED = /"resolved": "([^"]+)"/g;
const PUBLIC_REGISTRY = 'https://registry.npmjs.org/';

/** Reports paths that exist on one machine only. */
export function noMachinePaths(file: SourceFile): Finding[] {
  return [...file.text.matchAll(HOME_FOLDERS)].map((match) => ({
    path: file.path,
    line: lineAt(file.text, match.index),
    message: `${match[0]} is a folder of one machine: use a relative path or an option`,
  }));
}

/** Reports packages that the lock file fetches from anywhere but the public registry. */
export function publicRegistryOnly(file: SourceFile): Finding[] {
  if (!file.path.endsWith('package-lock.json')) return [];
  return [...file.text.matchAll(RESOLVED)]
    .filter((match) => !(match[1] ?? '').startsWith(PUBLIC_REGISTRY))
    .map((match) => ({
      path: file.path,
      line: lineAt(file.text, match.index),
      message: 'fetched from elsewhere than the public registry: install again without a mirror',
    }));
}
