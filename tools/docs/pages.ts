// The written pages of the repository, and what tests want to know of them: code blocks and links.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseAllDocuments } from 'yaml';

export const ROOT = join(import.meta.dirname, '../..');

/** A text with its path from the repository's root. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** README, changelog and everything under docs. */
export function writtenPages(): readonly Page[] {
  return ['README.md', 'CHANGELOG.md', ...filesBelow('docs', '.md')].map(read);
}

export function exampleFiles(): readonly Page[] {
  return filesBelow('docs/examples', '.yaml').map(read);
}

/** Code blocks of a language, in their order. */
export function codeBlocks({ text }: Page, language: string): readonly string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...text.matchAll(fence)].map((match) => match[1] ?? '');
}

/** Code blocks of a language, each with the comment on the line before it ('' where there is none). */
export function markedBlocks(path: string, language: string): { mark: string; text: string }[] {
  const marked = new RegExp(`(?:^<!-- (.*) -->\\n)?^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...read(path).text.matchAll(marked)].map(([, mark = '', text = '']) => ({ mark, text }));
}

/** Targets of links, without those that lead out of the repository. */
export function localLinks({ text }: Page): readonly string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors that a page's headings make. */
export function anchorsOf({ text }: Page): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? '');
  return new Set(headings.map(anchorOf));
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** The objects of a YAML text. Throws with the place of a mistake. */
export function objectsIn(text: string): readonly Readonly<Record<string, unknown>>[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error) throw error;
    return document.toJS() as Record<string, unknown>;
  });
}

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .toSorted();
}

function read(path: string): Page {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') };
}
