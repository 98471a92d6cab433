// How lines look: with colours and marks for a person at a terminal, in plain ASCII for everything
// else (a file, a CI log, `grep`).
import type { Phase } from '../api/app-release-status.ts';

export type Mark = 'done' | 'current' | 'ahead';

export interface Style {
  heading(text: string): string;
  faint(text: string): string;
  phase(phase: Phase): string;
  mark(mark: Mark, text: string): string;
  /** A bar of `columns` cells, the first `percentFull` percent of them full. */
  bar(percentFull: number, columns: number): string;
}

const GOOD = 32;
const WAITING = 33;
const BAD = 31;
const BUSY = 36;
const BOLD = 1;
const FAINT = 2;

const PHASE_COLOUR = {
  Healthy: GOOD,
  Progressing: BUSY,
  Paused: WAITING,
  RolledBack: BAD,
  Degraded: BAD,
  Blocked: BAD,
} as const satisfies Record<Phase, number>;

export const plainStyle: Style = {
  heading: (text) => text,
  faint: (text) => text,
  phase: (phase) => phase,
  mark: (mark, text) => `${{ done: '[x]', current: '[>]', ahead: '[ ]' }[mark]} ${text}`,
  bar: (share, columns) => `[${cells({ share, columns }, '#', '-')}]`,
};

export const terminalStyle: Style = {
  heading: (text) => sgr(BOLD, text),
  faint: (text) => sgr(FAINT, text),
  phase: (phase) => sgr(PHASE_COLOUR[phase], phase),
  mark: (mark, text) =>
    ({ done: sgr(GOOD, `✓ ${text}`), current: sgr(BOLD, `▶ ${text}`), ahead: sgr(FAINT, `· ${text}`) })[mark],
  bar: (share, columns) => sgr(BUSY, cells({ share, columns }, '█', '░')),
};

/** Colours only where a person looks and did not ask for none (https://no-color.org). */
export function chooseStyle(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  return isTerminal && (env['NO_COLOR'] ?? '') === '' ? terminalStyle : plainStyle;
}

function sgr(code: number, text: string): string {
  return `\u001B[${code}m${text}\u001B[0m`;
}

/* A share above 0 shows at least one cell: a canary of 1 % must be seen. */
function cells({ share, columns }: { share: number; columns: number }, full: string, empty: string): string {
  const exact = Math.round((Math.min(100, Math.max(0, share)) * columns) / 100);
  const filled = share > 0 ? Math.max(1, exact) : 0;
  return full.repeat(filled) + empty.repeat(columns - filled);
}
