// The shape of a source file: how it opens, how long it is, what it is called, what it exports.
import { basename } from 'node:path';
import { blank } from './blank.ts';
import { isTypeScript, lineAt, type FileRule, type SourceFile } from './source-file.ts';

export const MAX_FILE_LINES = 500;
export const MAX_LINE_COLUMNS = 110;
export const MAX_OPENING_LINES = 8;

const CONFIG_FILE = /\.config\.(?:ts|mjs)$/;

/**
 * The file opens with a comment that says what belongs in it. Its first paragraph is short; a state
 * diagram or formulas may follow. A test needs none: it says what the file beside it does.
 */
export const opensWithComment: FileRule = (file) => {
  if (!isTypeScript(file.path) || file.path.endsWith('.test.ts')) return [];
  const lines = file.text.replace(/^#!.*\n/, '').split('\n');
  const opening = lines.findIndex((line) => !/^(?:\/\/ *|\/\*+| ?\*) *\S/.test(line));
  if (opening === 0) {
    return [{ path: file.path, line: 1, message: 'open the file with 1-5 lines: what belongs here' }];
  }
  return opening > MAX_OPENING_LINES
    ? [{ path: file.path, line: 1, message: `the opening comment has ${opening} lines; 5 are enough` }]
    : [];
};

/** Lines fit beside each other on a screen; what is inside quotes does not count. */
export const lineLength: FileRule = (file) => {
  if (!isTypeScript(file.path)) return [];
  const raw = file.text.split('\n');
  const code = blank(file.text).split('\n');
  return raw.flatMap((line, index) => {
    const codeColumns = (code[index] ?? '').replace(/(['"`])\s+\1/g, '$1$1').trimEnd().length;
    const columns = isComment(line) && !line.includes('://') ? line.length : codeColumns;
    if (line.length <= MAX_LINE_COLUMNS || columns <= MAX_LINE_COLUMNS) return [];
    return [{ path: file.path, line: index + 1, message: `line of ${line.length} columns: at most 100` }];
  });
};

/** A file is one noun; past this it is several. */
export const fileLength: FileRule = (file) => {
  if (!isTypeScript(file.path)) return [];
  const lines = file.text.split('\n').length - 1;
  return lines > MAX_FILE_LINES
    ? [{ path: file.path, line: 0, message: `${lines} lines: split it (at most ${MAX_FILE_LINES})` }]
    : [];
};

/** Names of files in kebab-case. */
export const fileName: FileRule = ({ path }) => {
  if (!isTypeScript(path)) return [];
  return /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)*\.ts$/.test(basename(path))
    ? []
    : [{ path, line: 0, message: 'name files in kebab-case' }];
};

/** Importers and the exporter call a thing by the same name. */
export const noDefaultExport: FileRule = (file) =>
  isTypeScript(file.path) && !CONFIG_FILE.test(file.path)
    ? matches(file, /\bexport\s+default\b/g, 'export it by name, not as default')
    : [];

/** A file that only passes on other files hides who needs what. */
export const noBarrel: FileRule = (file) => {
  if (!isTypeScript(file.path)) return [];
  const statements = blank(file.text).split(';').map((part) => part.trim()).filter(Boolean);
  const onlyPassesOn =
    statements.length > 1 && statements.every((part) => /^export\s[^=(]*\sfrom\s/.test(part));
  return onlyPassesOn
    ? [{ path: file.path, line: 0, message: 'a barrel file: import from where the thing is' }]
    : [];
};

/* Spelled in two parts, so that this file does not report itself. */
const LEFTOVER = new RegExp(`\\b(?:${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`, 'g');

/** What is left to do stands in an issue. */
export const noLeftovers: FileRule = (file) =>
  isTypeScript(file.path) || file.path.endsWith('.md')
    ? [...file.text.matchAll(LEFTOVER)].map((match) => ({
        path: file.path,
        line: lineAt(file.text, match.index),
        message: 'do it, or open an issue: no notes to self in the source',
      }))
    : [];

export const SHAPE_RULES: readonly FileRule[] = [
  opensWithComment,
  lineLength,
  fileLength,
  fileName,
  noDefaultExport,
  noBarrel,
  noLeftovers,
];

function isComment(line: string): boolean {
  return /^\s*(?:\/\/|\/?\*)/.test(line);
}

function matches(file: SourceFile, pattern: RegExp, message: string) {
  const code = blank(file.text);
  return [...code.matchAll(pattern)].map((match) => ({
    path: file.path,
    line: lineAt(code, match.index),
    message,
  }));
}
