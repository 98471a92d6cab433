// Each folder with sources has a README short enough to be read.
import { posix } from 'node:path';
import { isTest, isTypeScript, type Finding, type SourceFile } from './source-file.ts';

export const MAX_README_LINES = 15;

/** Reports folders whose README is missing or long. Folders of tests need none. */
export function folderReadmes(files: readonly SourceFile[]): Finding[] {
  const readmes = new Map(
    files
      .filter(({ path }) => posix.basename(path) === 'README.md')
      .map((file) => [posix.dirname(file.path), file] as const),
  );
  return [...sourceFolders(files)].toSorted().flatMap((folder) => {
    const readme = readmes.get(folder);
    if (readme === undefined) {
      return [{ path: folder, line: 0, message: 'write a README.md: what belongs in this folder' }];
    }
    const lines = readme.text.trimEnd().split('\n').length;
    return lines > MAX_README_LINES
      ? [{ path: readme.path, line: 0, message: `${lines} lines: at most ${MAX_README_LINES}` }]
      : [];
  });
}

function sourceFolders(files: readonly SourceFile[]): Set<string> {
  return new Set(
    files
      .filter(({ path }) => isTypeScript(path) && !isTest(path))
      .map(({ path }) => posix.dirname(path))
      .filter((folder) => folder !== '.'),
  );
}
