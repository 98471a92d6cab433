// The three patch kinds, as far as tests need them. Server-side apply is a merge without ownership.

import { isDeepStrictEqual } from 'node:util';

type Json = unknown;
type JsonObject = Record<string, Json>;

export type PatchOutcome =
  | { readonly kind: 'patched'; readonly value: Json }
  /** A `test` did not hold, or a path does not exist. */
  | { readonly kind: 'rejected' };

/** RFC 7386. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

type Operation = { op: string; path: string; value?: Json };

/** RFC 6902, with test, add, replace and remove. */
export function jsonPatch(target: Json, operations: readonly Operation[]): PatchOutcome {
  const value = structuredClone(target);
  for (const operation of operations) {
    if (!applyOperation(value, operation)) return { kind: 'rejected' };
  }
  return { kind: 'patched', value };
}

function applyOperation(root: Json, { op, path, value }: Operation): boolean {
  const steps = path.split('/').slice(1).map(unescape);
  const last = steps.pop() ?? '';
  let parent: Json = root;
  for (const step of steps) parent = isContainer(parent) ? parent[step] : undefined;
  if (!isContainer(parent)) return false;
  switch (op) {
    case 'test':
      return isDeepStrictEqual(parent[last], value);
    case 'add':
      if (Array.isArray(parent)) insert(parent, { last, value });
      else parent[last] = value;
      return true;
    case 'replace':
      if (!(last in parent)) return false;
      parent[last] = value;
      return true;
    case 'remove':
      if (!(last in parent)) return false;
      if (Array.isArray(parent)) parent.splice(Number(last), 1);
      else delete parent[last];
      return true;
    default:
      return false;
  }
}

function insert(list: Json[], { last, value }: { last: string; value: Json }): void {
  list.splice(last === '-' ? list.length : Number(last), 0, value);
}

function unescape(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isContainer(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null;
}
