// Medians of several runs of each fault, beside the prediction, as a table and as a page.
import type { FaultPlayed } from '../../e2e/support/fault-cases.ts';
import { median } from './median.ts';
import type { Prediction } from './predict.ts';

/** What is kept of one run. */
export type KeptRun = Pick<
  FaultPlayed,
  'outcome' | 'reason' | 'secondsExposed' | 'secondsToZero' | 'failed' | 'requests' | 'p50Ms' | 'p99Ms'
>;

export interface CaseRuns {
  readonly name: string;
  /** Day and commit of the runs. */
  readonly when: string;
  readonly runs: readonly KeptRun[];
  readonly prediction: Prediction;
}

const HEAD = [
  'fault, at 5 % weight and 50 requests per second',
  'runs',
  'outcome',
  'reason',
  'predicted',
  'exposed, s',
  'predicted',
  'first bad response to weight 0, s',
  'predicted',
  'bad responses',
  'predicted',
  'of all requests',
  'run on, at',
];

export function rowsOf(cases: readonly CaseRuns[]): readonly (readonly string[])[] {
  return [HEAD, ...cases.map(rowOf)];
}

export function renderMarkdown(cases: readonly CaseRuns[]): string {
  const [head = [], ...rows] = rowsOf(cases);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function rowOf({ name, prediction, runs, when }: CaseRuns): readonly string[] {
  return [
    name,
    String(runs.length),
    counted(runs.map(({ outcome }) => outcome)),
    counted(runs.map(({ reason }) => reason)),
    prediction.outcome,
    spread(runs.map(({ secondsExposed }) => secondsExposed)),
    prediction.exposedSeconds.toFixed(1),
    spread(runs.map(({ secondsToZero }) => secondsToZero)),
    prediction.seconds?.toFixed(1) ?? '-',
    spread(runs.map(({ failed }) => failed), 0),
    prediction.badResponses.toFixed(0),
    spread(runs.map(({ requests }) => requests), 0),
    when,
  ];
}

/* "RolledBack", or "4 x RolledBack, 1 x Promoted": one run that ended otherwise must not hide. */
function counted(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const [only] = counts.keys();
  if (counts.size === 1 && only !== undefined) return only;
  return [...counts].map(([word, count]) => `${count} x ${word}`).join(', ');
}

/* "9.1 (8.7 to 10.2)": the median with the lowest and the highest. */
function spread(values: readonly (number | undefined)[], digits = 1): string {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return '-';
  const text = (value: number): string => value.toFixed(digits);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return low === high
    ? text(low)
    : `${text(median(known))} (${text(low)} to ${text(high)})`;
}
