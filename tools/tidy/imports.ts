// Finds what a file imports, by regular expression: import, export from, and import().
import { posix } from 'node:path';
import { lineAt, type SourceFile } from './source-file.ts';

export interface Import {
  /** Path from the repository's root for a relative import, else the package as written. */
  readonly target: string;
  readonly kind: 'file' | 'package';
  readonly typesOnly: boolean;
  readonly line: number;
}

const FROM = /^[ \t]*(?:import|export)\s+(type\s+)?(?:[\w*{][^'"`;]*?\sfrom\s+)?['"]([^'"\n]+)['"]/;
const DYNAMIC = /\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/;
const STATEMENT = new RegExp(`${FROM.source}|${DYNAMIC.source}`, 'gm');

/** The imports of a file in the order in which they stand. */
export function importsOf(file: SourceFile): Import[] {
  return [...file.text.matchAll(STATEMENT)].map((match) => {
    const specifier = match[2] ?? match[3] ?? '';
    const relative = specifier.startsWith('.');
    return {
      target: relative ? posix.join(posix.dirname(file.path), specifier) : specifier,
      kind: relative ? 'file' : 'package',
      typesOnly: match[1] !== undefined,
      line: lineAt(file.text, match.index + match[0].length),
    };
  });
}
