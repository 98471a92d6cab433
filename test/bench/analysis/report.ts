// The pages of the study: sections with tables, and the bars that were set before it ran.

/** A claim the study has to bear out. */
export type Bar = { readonly claim: string; readonly held: boolean; readonly found: string };

export type Section = {
  readonly title: string;
  readonly text: string;
  readonly tables: readonly Table[];
  readonly bars: readonly Bar[];
  /**
   * One figure per rule, in the order of the rules; what the picture of the study is drawn from.
   */
  readonly perRule?: readonly { readonly name: string; readonly value: number }[];
};

export type Table = {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

/** How large the study is; `small` proves nothing and only shows that nothing is badly wrong. */
export type Size = {
  readonly kind: 'full' | 'small';
  readonly goodReleases: number;
  readonly badReleases: number;
};

export const FULL: Size = { kind: 'full', goodReleases: 10_000, badReleases: 2000 };
export const SMALL: Size = { kind: 'small', goodReleases: 200, badReleases: 60 };

export function markdownSection(section: Section): string {
  const tables = section.tables.map(markdownTable);
  const bars = section.bars.map(
    ({ claim, held, found }) => `- ${held ? 'held' : '**MISSED**'}: ${claim} (${found})`,
  );
  const list = bars.length === 0 ? [] : [bars.join('\n')];
  return [`## ${section.title}`, section.text, ...tables, ...list].join('\n\n');
}

function markdownTable({ caption, head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [`**${caption}**`, '', line(head), line(rule), ...rows.map(line)].join('\n');
}

/** 0.0034 -> "0.34". */
export function inPercent(share: number): string {
  const percent = share * 100;
  return percent === 0 ? '0' : percent >= 10 ? percent.toFixed(0) : percent.toFixed(2);
}

/** Rounded down, so that "100 %" means all of them. */
export function foundText(found: number): string {
  return `${(Math.floor(found * 1000) / 10).toFixed(1)} %`;
}

/** Three digits at least, none after the point where there are enough before it. */
export function short(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
