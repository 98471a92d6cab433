// Evidence over time for a good and a bad candidate: as characters for a terminal, and as an SVG that
// reads on light and on dark pages. Pure.
import type { Band } from './simulation-summary.ts';

export interface Plot {
  readonly title: string;
  readonly bands: readonly Band[];
  readonly everySeconds: number;
  /** Evidence at which a candidate is taken back. */
  readonly threshold: number;
}

const COLUMNS = 64;
const ROWS = 12;
/** Evidence shown; 1 is none. */
const LOW = Math.log(0.01);
const HIGH = Math.log(100_000);
const MARKS = ['·', '█'] as const;

/** Lines of text: the medians, time to the right, evidence upwards on a logarithmic scale. */
export function terminalPlot({ bands, everySeconds, threshold, title }: Plot): string[] {
  const polls = Math.max(1, ...bands.map(({ points }) => points.length));
  const grid = Array.from({ length: ROWS }, () => Array.from({ length: COLUMNS }, () => ' '));
  const limit = rowOf(Math.log(threshold));
  grid[limit]?.fill('-');
  for (const [index, { points }] of bands.entries()) {
    for (let column = 0; column < COLUMNS; column += 1) {
      const point = points[Math.round((column * (polls - 1)) / (COLUMNS - 1))];
      const row = point === undefined ? undefined : grid[rowOf(point.middle)];
      if (row) row[column] = MARKS[index] ?? '*';
    }
  }
  const labelled = grid.map((row, index) => `${labelOf(index, limit, threshold).padStart(8)} |${row.join('')}`);
  const seconds = Math.round((polls - 1) * everySeconds);
  return [
    title,
    ...labelled,
    `${''.padStart(8)} +${'-'.repeat(COLUMNS)}`,
    `${''.padStart(9)}0 s${`${seconds} s`.padStart(COLUMNS - 3)}`,
    ...bands.map(({ name }, index) => `${''.padStart(9)}${MARKS[index] ?? '*'} ${name} (median)`),
  ];
}

function rowOf(logEvidence: number): number {
  const share = (Math.min(HIGH, Math.max(LOW, logEvidence)) - LOW) / (HIGH - LOW);
  return Math.round((1 - share) * (ROWS - 1));
}

function labelOf(row: number, limit: number, threshold: number): string {
  if (row === limit) return String(Math.round(threshold));
  if (row === rowOf(0)) return '1';
  if (row === 0) return '100,000';
  return row === ROWS - 1 ? '0.01' : '';
}

const WIDTH = 760;
const HEIGHT = 416;
const LEFT = 78;
const TOP = 48;
const PLOT_WIDTH = 640;
const PLOT_HEIGHT = 270;
const COLOURS = ['#2e7d32', '#c62828'] as const;
/** Reads on white and on black. */
const INK = '#7a7a7a';

/** A picture with the middle half of the releases as a band around each median. */
export function svgPlot({ bands, everySeconds, threshold, title }: Plot): string {
  const polls = Math.max(2, ...bands.map(({ points }) => points.length));
  const x = (poll: number): number => LEFT + (PLOT_WIDTH * poll) / (polls - 1);
  const seconds = (polls - 1) * everySeconds;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
      `font-family="sans-serif" font-size="12" fill="${INK}">`,
    text(title, { x: LEFT, y: 24, anchor: 'start', size: 15 }),
    ...[0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000].flatMap((value) => grid(value)),
    ...[0, 0.25, 0.5, 0.75, 1].map((share) =>
      text(`${Math.round(share * seconds)}`, {
        x: LEFT + share * PLOT_WIDTH,
        y: TOP + PLOT_HEIGHT + 18,
        anchor: 'middle',
      }),
    ),
    text('seconds since the first step', {
      x: LEFT + PLOT_WIDTH / 2,
      y: TOP + PLOT_HEIGHT + 38,
      anchor: 'middle',
    }),
    `<text x="16" y="${TOP + PLOT_HEIGHT / 2}" text-anchor="middle" ` +
      `transform="rotate(-90 16 ${TOP + PLOT_HEIGHT / 2})">evidence against the candidate</text>`,
    `<line x1="${LEFT}" x2="${LEFT + PLOT_WIDTH}" y1="${yOf(Math.log(threshold))}" ` +
      `y2="${yOf(Math.log(threshold))}" stroke="${INK}" stroke-width="1.5" stroke-dasharray="6 4"/>`,
    text('taken back', {
      x: LEFT + 6,
      y: Number(yOf(Math.log(threshold))) - 6,
      anchor: 'start',
    }),
    ...bands.flatMap((band, index) => bandLines(band, x, COLOURS[index] ?? INK)),
    ...bands.map(({ name }, index) => legend(name, index)),
    '</svg>',
    '',
  ].join('\n');
}

function bandLines({ points }: Band, x: (poll: number) => number, colour: string): string[] {
  const at = (poll: number, value: number): string => `${x(poll).toFixed(1)},${yOf(value)}`;
  const upper = points.map(({ high }, poll) => at(poll, high));
  const lower = points.map(({ low }, poll) => at(poll, low)).toReversed();
  const middle = points.map(({ middle: value }, poll) => at(poll, value));
  return [
    `<polygon points="${[...upper, ...lower].join(' ')}" fill="${colour}" fill-opacity="0.22"/>`,
    `<polyline points="${middle.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
  ];
}

function legend(name: string, index: number): string {
  const x = LEFT;
  const y = TOP + PLOT_HEIGHT + 66 + 20 * index;
  return (
    `<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${COLOURS[index] ?? INK}"/>` +
    text(`${name}: median and middle half`, { x: x + 18, y, anchor: 'start' })
  );
}

function grid(value: number): string[] {
  const y = yOf(Math.log(value));
  return [
    `<line x1="${LEFT}" x2="${LEFT + PLOT_WIDTH}" y1="${y}" y2="${y}" stroke="${INK}" stroke-opacity="0.25"/>`,
    text(value.toLocaleString('en-US'), { x: LEFT - 8, y: Number(y) + 4, anchor: 'end' }),
  ];
}

function yOf(logEvidence: number): string {
  const share = (Math.min(HIGH, Math.max(LOW, logEvidence)) - LOW) / (HIGH - LOW);
  return (TOP + PLOT_HEIGHT * (1 - share)).toFixed(1);
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly size?: number;
}

function text(content: string, { anchor, size, x, y }: Place): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const sized = size === undefined ? '' : ` font-size="${size}"`;
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${sized}>${escaped}</text>`;
}
