// `npm run tidy`: reads the files that git knows or would add, runs every rule, prints findings.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { folderReadmes } from './folders.ts';
import { importDirection } from './layers.ts';
import { purity } from './purity.ts';
import { SHAPE_RULES } from './shape.ts';
import type { FileRule, Finding, SourceFile } from './source-file.ts';
import { noMachinePaths, publicRegistryOnly } from './workplace.ts';

const TEXT_FILE = /(?:\.(?:ts|mjs|js|json|md|ya?ml|sh|sql|prisma|mod|toml)|Makefile|Dockerfile)$/;
const FILE_RULES: readonly FileRule[] = [
  importDirection,
  purity,
  ...SHAPE_RULES,
  noMachinePaths,
  publicRegistryOnly,
];

/** Everything that is wrong in `files`, in the order of paths. */
export function tidy(files: readonly SourceFile[]): Finding[] {
  const perFile = files.flatMap((file) => FILE_RULES.flatMap((rule) => rule(file)));
  const findings = [...perFile, ...folderReadmes(files)];
  return findings.toSorted((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1));
}

function readSources(): SourceFile[] {
  const list = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return [...new Set(list.split('\0'))]
    .filter((path) => TEXT_FILE.test(path) && existsSync(path))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

function main(): void {
  const files = readSources();
  const findings = tidy(files);
  for (const { path, line, message } of findings) {
    console.log(`${path}${line > 0 ? `:${line}` : ''}: ${message}`);
  }
  console.log(`tidy: ${files.length} files, ${findings.length} findings`);
  if (findings.length > 0) process.exitCode = 1;
}

if (import.meta.main) main();
