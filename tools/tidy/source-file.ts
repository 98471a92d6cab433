// A file as the rules see it, and what a rule reports.

export interface SourceFile {
  /** Path from the repository's root, with slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Finding {
  readonly path: string;
  /** Counted from 1; 0 means the file as a whole. */
  readonly line: number;
  /** What is wrong and what to do instead. */
  readonly message: string;
}

/** A rule over one file. */
export type FileRule = (file: SourceFile) => readonly Finding[];

/** The number (from 1) of the line that holds the character at `offset`. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

export function isTypeScript(path: string): boolean {
  return path.endsWith('.ts');
}

/** Tests, and the doubles in `testing/` folders that only tests import. */
export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.includes('/testing/') || path.startsWith('test/');
}
