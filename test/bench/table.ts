// The one table of a run: each figure, its budget, and whether it is within.
import { type Budget, type Figure, judge, limitOf } from './figure.ts';
import { short } from './statistics.ts';

const HEAD = ['bench', 'what', 'measured', 'budget', '', 'peers', 'note'] as const;

export type Row = readonly string[];

export type BenchFigures = { readonly bench: string; readonly figures: readonly Figure[] };

/** The rows of the table, heading first. */
export const rowsOf = (results: readonly BenchFigures[]): readonly Row[] => [
  HEAD,
  ...results.flatMap(({ bench, figures }) => figures.map((figure) => rowOf(bench, figure))),
];

const rowOf = (bench: string, figure: Figure): Row => [
  bench,
  figure.what,
  `${short(figure.value)} ${figure.unit}`,
  figure.budget === undefined ? '' : budgetText(figure.budget, figure.unit),
  { ok: 'ok', over: 'OVER', told: '' }[judge(figure)],
  figure.peers ?? '',
  figure.note ?? '',
];

const budgetText = (budget: Budget, unit: string): string => `<= ${limitOf(budget)} ${unit}`;

/** Columns side by side, for a terminal. */
export const renderText = (rows: readonly Row[]): string => {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd())
    .join('\n');
};

/** The same as a table of a page. */
export const renderMarkdown = ([head = [], ...rows]: readonly Row[]): string => {
  const line = (cells: Row): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
};
