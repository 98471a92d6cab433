// Changes as lines for a person: what is new, what goes, what is another value.
import type { FieldChange, ObjectChange } from './object-diff.ts';

/** How lines look: with colours at a terminal, plain for everything else. */
export type Paint = (colour: 'green' | 'red' | 'yellow' | 'bold', text: string) => string;

export const plain: Paint = (_, text) => text;
export const coloured: Paint = (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;

const CODES = { green: 32, red: 31, yellow: 33, bold: 1 } as const;
const LONGEST_VALUE = 100;

export interface EnvironmentChanges {
  readonly name: string;
  readonly changes: readonly ObjectChange[];
}

/** A heading for each environment that changes, a line for each object and field, and a sum. */
export function diffLines(environments: readonly EnvironmentChanges[], paint: Paint): readonly string[] {
  const changed = environments.filter(({ changes }) => changes.length > 0);
  const same = environments.filter(({ changes }) => changes.length === 0).map(({ name }) => name);
  return [
    ...changed.flatMap(({ name, changes }) => [
      paint('bold', `${name}: ${sum(changes)}`),
      ...changes.flatMap((change) => objectLines(change, paint)),
      '',
    ]),
    ...(same.length > 0 ? [`unchanged: ${same.join(', ')}`] : []),
  ];
}

function sum(changes: readonly ObjectChange[]): string {
  const count = (kind: ObjectChange['kind']) => changes.filter((change) => change.kind === kind).length;
  return (['added', 'removed', 'changed'] as const)
    .filter((kind) => count(kind) > 0)
    .map((kind) => `${count(kind)} ${kind}`)
    .join(', ');
}

function objectLines(change: ObjectChange, paint: Paint): readonly string[] {
  if (change.kind === 'added') return [paint('green', `  + ${change.object}`)];
  if (change.kind === 'removed') return [paint('red', `  - ${change.object}`)];
  return [paint('yellow', `  ~ ${change.object}`), ...change.fields.map((field) => fieldLine(field, paint))];
}

function fieldLine({ path, before, after }: FieldChange, paint: Paint): string {
  const was = before === undefined ? 'nothing' : paint('red', short(before));
  const is = after === undefined ? 'nothing' : paint('green', short(after));
  return `      ${path}: ${was} -> ${is}`;
}

function short(value: unknown): string {
  const text = typeof value === 'string' && !/\s|^$/.test(value) ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 3)}...` : text;
}
