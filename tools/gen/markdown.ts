// Markdown from data: cells, tables, and the line that every generated page opens with.

/** A page of the reference. */
export interface Page {
  /** Path from the repository's root. */
  readonly path: string;
  readonly text: string;
}

export const GENERATED = '<!-- Written by `npm run gen`. Change the source, not this page. -->';

/** A table with a header row; `|` and line breaks inside cells do not break it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Text as code, or nothing where there is none. */
export function code(text: string): string {
  if (text === '') return '';
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

export function page(path: string, title: string, parts: readonly string[]): Page {
  return { path, text: `${[GENERATED, `# ${title}`, ...parts].join('\n\n')}\n` };
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
