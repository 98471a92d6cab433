// The committed folder deploy/<environment>: what is in it, what should be, and making them equal.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Name of a file to its text. */
export type Texts = ReadonlyMap<string, string>;

/** What is in `folder` now; empty when there is no such folder. */
export function readTexts(folder: string): Texts {
  const names = yamlFiles(folder);
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** A line for each file that is missing, should not be there, or has another text. */
export function differences(actual: Texts, wanted: Texts): string[] {
  const names = new Set([...actual.keys(), ...wanted.keys()]);
  return [...names].toSorted().flatMap((name) => {
    if (!actual.has(name)) return [`${name} is missing`];
    if (!wanted.has(name)) return [`${name} is rendered by nothing`];
    return actual.get(name) === wanted.get(name) ? [] : [`${name} differs`];
  });
}

/** Makes `folder` hold exactly `wanted`; other kinds of files are left alone. */
export function writeTexts(folder: string, wanted: Texts): void {
  mkdirSync(folder, { recursive: true });
  for (const name of yamlFiles(folder)) if (!wanted.has(name)) rmSync(join(folder, name));
  for (const [name, text] of wanted) writeFileSync(join(folder, name), text);
}

function yamlFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => name.endsWith('.yaml'));
}
