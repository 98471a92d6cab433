// Objects in a file of YAML documents or JSON, Lists taken apart.
import { parseAllDocuments } from 'yaml';
import type { Io } from './io.ts';
import { UserError } from './user-error.ts';

/** Every object of the file; a UserError says what cannot be read. */
export function readManifests(io: Io, path: string): Record<string, unknown>[] {
  const text = io.readText(path);
  if (text === undefined) throw new UserError(`--file: there is no file ${path}`);
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new UserError(`${path}: ${error.message}`);
    return flatten(document.toJS() as unknown);
  });
}

/* A List carries objects as well. */
function flatten(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const object = value as Record<string, unknown>;
  return object['kind'] === 'List' && Array.isArray(object['items'])
    ? object['items'].flatMap(flatten)
    : [object];
}
