// The picture of a release, as lines. Pure: the same view gives the same lines.
import type { CheckResult, HistoryEntry, RevisionRef } from '../api/app-release-status.ts';
import { fromText, type Instant } from '../lib/instant.ts';
import { ago, evidenceText, grouped, percent, shortImage } from './number-text.ts';
import type { ReleaseView, SetPods } from './release-view.ts';
import { markedSteps } from './step-text.ts';
import type { Style } from './style.ts';

const LABEL_COLUMNS = 9;
const BAR_COLUMNS = 30;
const HISTORY_LINES = 5;

export interface StatusPicture {
  readonly view: ReleaseView;
  /** The ReplicaSets of stable and candidate, as far as they could be read. */
  readonly sets: readonly SetPods[];
  readonly now: Instant;
}

/** The lines to print, without line ends. */
export function renderStatus(picture: StatusPicture, style: Style): string[] {
  const { view } = picture;
  const { status } = view;
  const phase = status.phase === undefined ? 'not seen by an operator yet' : style.phase(status.phase);
  const lines = [
    `${style.heading(view.name)}  ${phase}  ${style.faint(`namespace ${view.namespace}`)}`,
    ...(status.message === undefined ? [] : [status.message]),
    ...staleLine(view),
    ...violationLines(view),
    '',
    ...weightLines(view, style),
    ...stepLines(view, style),
    ...podLines(picture, style),
    ...checkLines(view, style),
    ...conditionLines(view, style),
    ...historyLines(picture, style),
  ];
  return lines.map((line) => line.trimEnd());
}

function staleLine({ generation, status }: ReleaseView): string[] {
  const seen = status.observedGeneration ?? 0;
  return seen < generation && status.phase !== undefined
    ? [`(generation ${generation} was written; the operator has seen ${seen})`]
    : [];
}

function violationLines({ spec }: ReleaseView): string[] {
  if (spec.kind === 'valid') return [];
  return spec.violations.map(({ field, message }) => `${field}: ${message}`);
}

function weightLines({ status }: ReleaseView, style: Style): string[] {
  const { weight, candidate, stable } = status;
  if (weight === undefined || stable === undefined) return [];
  if (candidate === undefined || status.stage === 'RolledBack') {
    return [row('traffic', `${style.bar(0, BAR_COLUMNS)}  100 % revision ${stable.revision}`, style)];
  }
  const moving = weight.desired === weight.observed ? '' : `  (moving to ${weight.desired} %)`;
  const shares =
    `${weight.observed} % revision ${candidate.revision}, ` +
    `${100 - weight.observed} % revision ${stable.revision}`;
  return [row('traffic', `${style.bar(weight.observed, BAR_COLUMNS)}  ${shares}${moving}`, style)];
}

function stepLines(view: ReleaseView, style: Style): string[] {
  const steps = markedSteps(view);
  if (steps.length <= 1) return [];
  return [row('steps', steps.map(({ mark, text }) => style.mark(mark, text)).join('  '), style)];
}

function podLines({ view, sets }: StatusPicture, style: Style): string[] {
  const { stable, candidate } = view.status;
  const lines = [
    ...(stable ? [podLine('stable', stable, sets)] : []),
    ...(candidate ? [podLine('candidate', candidate, sets)] : []),
  ];
  return table('pods', lines, style);
}

function podLine(role: string, revision: RevisionRef, sets: readonly SetPods[]): string[] {
  const set = sets.find(({ name }) => name === revision.replicaSet);
  const pods = set === undefined ? '' : `${set.ready}/${set.wanted} ready`;
  const images = (revision.images ?? []).map(shortImage).join(', ');
  return [role, `revision ${revision.revision}`, pods, revision.replicaSet, images];
}

function checkLines({ status }: ReleaseView, style: Style): string[] {
  const rows = (status.checks ?? []).flatMap((check) => [
    [check.name, verdictText(check)],
    ...armRows(check),
  ]);
  return table('checks', rows, style);
}

function verdictText(check: CheckResult): string {
  if (check.evidence === undefined || check.threshold === undefined) return check.message ?? check.state;
  return `evidence ${evidenceText(check.evidence)} of ${evidenceText(check.threshold)}`;
}

function armRows({ canary, stable }: CheckResult): string[][] {
  const arm = (role: string, counts: { requests: number; errors: number }) => [
    '',
    `${role}: ${grouped(counts.errors)} of ${grouped(counts.requests)} failed ` +
      `(${percent(counts.errors, counts.requests)})`,
  ];
  return [...(canary ? [arm('candidate', canary)] : []), ...(stable ? [arm('stable', stable)] : [])];
}

/* Ready, Reconciling, Stalled and Paused say once more what the phase says. */
const SAID_BY_PHASE = new Set(['Ready', 'Reconciling', 'Stalled', 'Paused']);
/* True is how these should be; the others should be absent or False. */
const GOOD_WHEN_TRUE = new Set(['Available', 'Adopted', 'GatewayCounted', 'MetricsRecognized']);

function conditionLines({ status }: ReleaseView, style: Style): string[] {
  const rows = (status.conditions ?? [])
    .filter(({ type }) => !SAID_BY_PHASE.has(type))
    .filter(({ type, status: value }) => (value === 'True') !== GOOD_WHEN_TRUE.has(type))
    .map(({ type, status: value, message }) => [`${type}=${value}`, message]);
  return table('note', rows, style);
}

function historyLines({ view, now }: StatusPicture, style: Style): string[] {
  const rows = (view.status.history ?? []).slice(0, HISTORY_LINES).map((entry) => historyRow(entry, now));
  return table('history', rows, style);
}

function historyRow(entry: HistoryEntry, now: Instant): string[] {
  const finished = fromText(entry.finishedAt);
  return [
    `revision ${entry.revision}`,
    entry.outcome,
    finished === undefined ? '' : `${ago(finished, now)} ago`,
    `${entry.message}${entry.by === undefined ? '' : ` (${entry.by})`}`,
  ];
}

/* Rows with aligned columns, the label beside the first of them. */
function table(label: string, rows: readonly (readonly string[])[], style: Style): string[] {
  const columns = Math.max(0, ...rows.map((cells) => cells.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((cells) => (column === cells.length - 1 ? 0 : (cells[column] ?? '').length))),
  );
  return rows.map((cells, index) =>
    row(index === 0 ? label : '', cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '), style),
  );
}

function row(label: string, text: string, style: Style): string {
  return `${style.faint(label.padEnd(LABEL_COLUMNS))}${text}`;
}
