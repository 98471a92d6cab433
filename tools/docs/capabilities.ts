// docs/capabilities.md: each of the forty rows with the tests that show it, or the line of
// docs/SCOPE.md that says why none does. A row with neither, or with both, is a mistake.
import { table } from '../gen/markdown.ts';
import { CAPABILITY_GROUPS, type CapabilityRow } from './capability-rows.ts';
import type { CapabilityTest } from './capability-tests.ts';
import type { ScopeLine } from './scope-lines.ts';

export interface CapabilityFacts {
  readonly rows: readonly CapabilityRow[];
  readonly tests: readonly CapabilityTest[];
  readonly scope: readonly ScopeLine[];
}

/** What is wrong with the claims, a sentence each. Empty when every row has one answer. */
export function capabilityProblems({ rows, tests, scope }: CapabilityFacts): string[] {
  const ids = rows.map(({ id }) => id);
  const unknown = [
    ...tests.filter(({ id }) => !ids.includes(id)).map(({ id, file }) => `${file}: ${id}`),
    ...scope.filter(({ id }) => !ids.includes(id)).map(({ id }) => `docs/SCOPE.md: ${id}`),
  ].map((where) => `${where} is the id of no capability (tools/docs/capability-rows.ts)`);
  return [...unknown, ...rows.flatMap(({ id }) => problemOf(id, tests, scope))];
}

function problemOf(
  id: string,
  tests: readonly CapabilityTest[],
  scope: readonly ScopeLine[],
): string[] {
  const isShown = tests.some((test) => test.id === id);
  const lines = scope.filter((line) => line.id === id);
  if (lines.length > 1) return [`docs/SCOPE.md: ${id} has ${lines.length} lines: keep one`];
  const [line] = lines;
  if (!isShown && line === undefined) {
    return [`${id}: no test is named "${id}: ..." and no line of docs/SCOPE.md begins with it`];
  }
  if (isShown && line?.kind === 'notYet') {
    return [`docs/SCOPE.md: ${id} is shown by a test: take its line out, or begin it "${id} in part:"`];
  }
  if (!isShown && line?.kind === 'inPart') {
    return [`docs/SCOPE.md: ${id} is said to be shown in part, and no test is named "${id}: ..."`];
  }
  return [];
}

/** The text of the page below its title. */
export function capabilityParts(facts: CapabilityFacts): string[] {
  return [
    'What the platform was asked for, in five groups, and the test that shows each. `npm run gen -- ' +
      '--check` fails when a row has neither a test of that name nor a line in [SCOPE.md](SCOPE.md).',
    summary(facts),
    ...Object.entries(CAPABILITY_GROUPS).flatMap(([letter, title]) => [
      `## ${letter}: ${title}`,
      table(
        ['id', 'what', 'works when', 'state'],
        facts.rows
          .filter(({ id }) => id.startsWith(letter))
          .map((row) => [row.id, row.title, row.worksWhen, stateOf(row.id, facts)]),
      ),
    ]),
  ];
}

function summary({ rows, tests, scope }: CapabilityFacts): string {
  const shown = rows.filter(({ id }) => tests.some((test) => test.id === id));
  const part = shown.filter(({ id }) => scope.some((line) => line.id === id));
  return (
    `Of ${rows.length} rows ${shown.length - part.length} are shown, ${part.length} in part, ` +
    `${rows.length - shown.length} not yet.`
  );
}

function stateOf(id: string, { tests, scope }: CapabilityFacts): string {
  const line = scope.find((one) => one.id === id);
  const shown = tests
    .filter((test) => test.id === id)
    .map(({ file, name }) => `[${file}](../${file}): ${name}`)
    .join('; ');
  if (shown === '') return `not yet: ${line?.why ?? ''}`;
  return line === undefined ? `shown by ${shown}` : `in part, by ${shown}. Missing: ${line.why}`;
}
