// The table at the end of the demo, and whether all of it held.
import type { AuditResult } from '../../load/audit.ts';
import type { Played } from '../support/play-release.ts';

const HEAD = [
  'release',
  'wanted',
  'outcome',
  'reason',
  'took',
  'bad -> weight 0',
  'bad responses',
  'of',
];

export function renderTable(played: readonly Played[]): string {
  const rows = played.map((one) => [
    one.name,
    one.want,
    one.outcome,
    one.reason,
    `${one.seconds.toFixed(1)} s`,
    one.secondsToZero === undefined ? '-' : `${one.secondsToZero.toFixed(2)} s`,
    String(one.failed),
    String(one.requests),
  ]);
  const widths = HEAD.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(HEAD), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join(
    '\n',
  );
}

/** What did not hold, as sentences; empty when all of it did. */
export function findings(played: readonly Played[], audit: AuditResult): string[] {
  const found: string[] = [];
  for (const one of played) {
    if (one.outcome !== one.want)
      found.push(
        `${one.name}: wanted ${one.want}, got ${one.outcome}${one.error ? ` (${one.error})` : ''}`,
      );
    if (one.want === 'Promoted' && one.failed > 0)
      found.push(`${one.name}: ${one.failed} requests of users failed, none may`);
  }
  if (audit.kind !== 'clean') found.push(...audit.findings.map((finding) => `money: ${finding}`));
  if (audit.fundsBefore !== audit.fundsAfter)
    found.push(`money: ${audit.fundsBefore} before, ${audit.fundsAfter} after`);
  return found;
}
