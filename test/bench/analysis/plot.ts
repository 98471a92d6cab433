// One picture of the study: for each rule, how unfair it is (good releases rolled back at the worst
// baseline) against how slow (failed requests of users until a release with 20 % errors is gone).

/** One rule in the picture. */
export type PlotPoint = {
  readonly name: string;
  /** 0..1. */
  readonly falseRollbackShare: number;
  /** Mean failed requests of users; above 0. */
  readonly failedRequests: number;
};

const WIDTH = 840;
const HEIGHT = 460;
const LEFT = 70;
const TOP = 20;
const PLOT_WIDTH = 380;
const PLOT_HEIGHT = 380;
const MOST_FAILED = 1000;

/** An SVG; the numbers in it refer to the list beside the picture. */
export function fairnessPlot(points: readonly PlotPoint[]): string {
  const marks = points.map((point, index) => markOf(point, index));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
      'font-family="sans-serif" font-size="11">',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    ...gridLines(),
    text('good releases rolled back, worst baseline', {
      x: LEFT + PLOT_WIDTH / 2,
      y: HEIGHT - 22,
      anchor: 'middle',
    }),
    `<text x="16" y="${TOP + PLOT_HEIGHT / 2}" text-anchor="middle" ` +
      `transform="rotate(-90 16 ${TOP + PLOT_HEIGHT / 2})">` +
      'failed requests until 20 % errors are rolled back</text>',
    ...marks,
    '</svg>',
    '',
  ].join('\n');
}

function markOf(point: PlotPoint, index: number): string {
  const x = xOf(point.falseRollbackShare);
  const y = yOf(point.failedRequests);
  const colour = point.name.startsWith('Slipway') ? '#0a7d33' : '#b3261e';
  const legendY = TOP + 12 + 22 * index;
  return [
    `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="5" fill="${colour}"/>`,
    // Points that share a place get their numbers side by side.
    text(String(index + 1), { x: x + 8 + 14 * (index % 3), y: y + 4, anchor: 'start' }),
    text(`${index + 1}  ${point.name}`, { x: LEFT + PLOT_WIDTH + 60, y: legendY, anchor: 'start' }),
  ].join('\n');
}

function gridLines(): readonly string[] {
  const vertical = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    line([xOf(share), TOP], [xOf(share), TOP + PLOT_HEIGHT]),
    text(`${share * 100} %`, { x: xOf(share), y: TOP + PLOT_HEIGHT + 16, anchor: 'middle' }),
  ]);
  const horizontal = [1, 10, 100, MOST_FAILED].flatMap((count) => [
    line([LEFT, yOf(count)], [LEFT + PLOT_WIDTH, yOf(count)]),
    text(String(count), { x: LEFT - 8, y: yOf(count) + 4, anchor: 'end' }),
  ]);
  return [...vertical, ...horizontal];
}

function xOf(share: number): number {
  return LEFT + PLOT_WIDTH * share;
}

/** Logarithmic from 1 to MOST_FAILED. */
function yOf(count: number): number {
  const place = Math.log(Math.max(1, count)) / Math.log(MOST_FAILED);
  return TOP + PLOT_HEIGHT * (1 - Math.min(1, place));
}

function line(from: readonly [number, number], to: readonly [number, number]): string {
  return (
    `<line x1="${from[0]}" y1="${from[1].toFixed(1)}" ` +
    `x2="${to[0]}" y2="${to[1].toFixed(1)}" stroke="#ddd"/>`
  );
}

type Place = {
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
};

function text(content: string, { x, y, anchor }: Place): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escaped}</text>`;
}
