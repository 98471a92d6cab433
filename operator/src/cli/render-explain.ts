// Why a release stands where it stands: the sentence, what its reason means, what a person can do,
// and the numbers. Pure.
import type { CheckResult } from '../api/app-release-status.ts';
import { REASONS, type Reason } from '../api/reasons.ts';
import { fromText, type Instant } from '../lib/instant.ts';
import { ago, evidenceText, grouped, percent } from './number-text.ts';
import { conditionOf, type ReleaseView } from './release-view.ts';
import type { Style } from './style.ts';

/** The lines to print, without line ends. */
export function renderExplain(view: ReleaseView, style: Style, now: Instant): string[] {
  const { status } = view;
  if (status.phase === undefined) {
    return [`${view.name} was not seen by an operator yet: is one running that watches ${view.namespace}?`];
  }
  const ready = conditionOf(view, 'Ready');
  const since = ready && fromText(ready.lastTransitionTime);
  const reason = ready?.reason ?? status.rollback?.reason;
  return [
    `${style.heading(view.name)} is ${style.phase(status.phase)}` +
      `${since === undefined || status.phase === 'Progressing' ? '' : ` for ${ago(since, now)}`}: ` +
      `${status.message ?? 'no message'}`,
    ...violations(view),
    ...(reason === undefined ? [] : reasonLines(reason, view, style)),
    ...otherReasons(view, reason, style),
    ...(status.checks ?? []).flatMap((check) => ['', ...checkLines(check, style)]),
  ];
}

function violations({ spec }: ReleaseView): string[] {
  if (spec.kind === 'valid') return [];
  return spec.violations.map(({ field, message }) => `  ${field}: ${message}`);
}

function reasonLines(reason: string, view: ReleaseView, style: Style): string[] {
  if (!isReason(reason)) return ['', `${style.heading(reason)}: a reason this version does not know`];
  const { what, remedy } = REASONS[reason];
  const todo = remedy.replaceAll('<release>', view.name);
  return ['', `${style.heading(reason)}: ${what}`, ...(todo === '' ? [] : [`  What to do: ${todo}`])];
}

/* Conditions that say something else than the phase, and something that wants attention. */
function otherReasons(view: ReleaseView, said: string | undefined, style: Style): string[] {
  const wanted = (view.status.conditions ?? []).filter(
    ({ type, status: value, reason }) =>
      reason !== said &&
      isReason(reason) &&
      (REASONS[reason].remedy !== '' || reason === 'ConfigNotSnapshotted') &&
      !(type === 'Reconciling' || type === 'Stalled' || type === 'Paused') &&
      value !== 'Unknown',
  );
  return wanted.flatMap(({ type, status: value, reason, message }) => [
    ...reasonLines(reason, view, style),
    `  Condition ${type}=${value}: ${message}`,
  ]);
}

function checkLines(check: CheckResult, style: Style): string[] {
  const { canary, stable, evidence, threshold } = check;
  return [
    `${style.heading(`check ${check.name}`)}: ${check.message ?? check.state}`,
    ...(canary ? [armLine('candidate', canary)] : []),
    ...(stable ? [armLine('stable', stable)] : []),
    ...(evidence === undefined || threshold === undefined
      ? []
      : [`  evidence  ${evidenceText(evidence)}; at ${evidenceText(threshold)} the candidate is taken back`]),
  ];
}

function armLine(role: string, { requests, errors }: { requests: number; errors: number }): string {
  return (
    `  ${role.padEnd(9)} ${grouped(requests)} requests, ${grouped(errors)} errors ` +
    `(${percent(errors, requests)})`
  );
}

function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}
