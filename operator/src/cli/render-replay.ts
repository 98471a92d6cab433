// A replayed release as a table: what was counted, what it meant, and whether it comes out the same.
import type { ReplayedQuery } from '../analysis/query-line.ts';
import type { Replay, ReplayedPoll } from '../analysis/replay.ts';
import { evidenceText, grouped } from './number-text.ts';
import type { Style } from './style.ts';

/** More rows than these are thinned out; a change of verdict is always shown. */
const ROWS_MAX = 40;
const HEAD = ['poll', 'weight', 'candidate', 'errors', 'stable', 'errors', 'evidence', 'verdict'];

/** The lines to print, without line ends. */
export function renderReplay(replayed: Replay, style: Style): string[] {
  const { polls, release, revision } = replayed;
  const last = polls.at(-1);
  return [
    `${style.heading(release)} revision ${revision}: ${polls.length} polls, taken back at evidence ` +
      evidenceText(1 / replayed.params.falseRollbackRate),
    ...table([HEAD, ...shown(polls).map(rowOf)]),
    ...(last ? [`last: ${last.verdict.sentence}`] : []),
    outcomeOf(replayed, 'poll'),
  ];
}

/** What came of one query of the release. */
export function renderQuery(replayed: ReplayedQuery, style: Style): string[] {
  const { askings, last, name, release, revision } = replayed;
  return [
    `${style.heading(release)} revision ${revision}: query ${name}, asked ${askings} times: ${last.state}`,
    `last: ${last.sentence}`,
    outcomeOf(replayed, 'asking'),
  ];
}

/** The whole sentence of one poll, and each signal. */
export function renderPoll({ poll, recorded, verdict }: ReplayedPoll): string[] {
  return [
    `poll ${poll}: ${verdict.sentence}`,
    ...verdict.numbers.signals.map(
      ({ evidence, signal, weight }) =>
        `  ${signal.padEnd(12)} evidence ${evidenceText(evidence)}, weight ${weight.toFixed(2)}`,
    ),
    `  recorded as ${recorded.kind}${recorded.reason === undefined ? '' : ` ${recorded.reason}`}`,
  ];
}

function outcomeOf({ differsAt, gap }: Pick<Replay, 'differsAt' | 'gap'>, unit: string): string {
  if (differsAt !== undefined) return `differs from what was recorded, from ${unit} ${differsAt} on`;
  if (gap) {
    return `lines are missing: ${unit} ${gap.expected} was to come and ${gap.found} came; nothing is judged past that`;
  }
  return 'the same verdicts as were recorded';
}

function shown(polls: readonly ReplayedPoll[]): readonly ReplayedPoll[] {
  const stride = Math.ceil(polls.length / ROWS_MAX);
  return polls.filter(
    ({ verdict }, index) =>
      index % stride === 0 ||
      index === polls.length - 1 ||
      verdict.kind !== polls[index - 1]?.verdict.kind,
  );
}

function rowOf({ canaryWeightPercent, poll, verdict }: ReplayedPoll): readonly string[] {
  const { canary, evidence, stable } = verdict.numbers;
  return [
    String(poll),
    canaryWeightPercent === undefined ? '-' : `${canaryWeightPercent} %`,
    grouped(canary.requests),
    grouped(canary.errors),
    grouped(stable.requests),
    grouped(stable.errors),
    evidenceText(evidence),
    'reason' in verdict ? `${verdict.kind} ${verdict.reason}` : verdict.kind,
  ];
}

/* Numbers to the right, the verdict to the left. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === HEAD.length - 1 ? cell : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}
