// What became of Kubernetes objects between two renderings: added, removed, or changed field by field.
import type { Manifest } from '../manifest.ts';

export type ObjectChange =
  | { readonly kind: 'added'; readonly object: string }
  | { readonly kind: 'removed'; readonly object: string }
  | { readonly kind: 'changed'; readonly object: string; readonly fields: readonly FieldChange[] };

/** `before` is undefined for a new field, `after` for one that is gone. */
export interface FieldChange {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Changes by `Kind namespace/name`, in the order of that name. */
export function diffObjects(
  before: readonly Manifest[],
  after: readonly Manifest[],
): readonly ObjectChange[] {
  const [old, now] = [byKey(before), byKey(after)];
  const keys = [...new Set([...old.keys(), ...now.keys()])].toSorted();
  return keys.flatMap((object): ObjectChange[] => {
    const was = old.get(object);
    const is = now.get(object);
    if (was === undefined) return [{ kind: 'added', object }];
    if (is === undefined) return [{ kind: 'removed', object }];
    const fields = diffFields(was, is, '');
    return fields.length === 0 ? [] : [{ kind: 'changed', object, fields }];
  });
}

/** The fields in which two values differ; a whole value that has no fields in common is one change. */
export function diffFields(before: unknown, after: unknown, path: string): readonly FieldChange[] {
  const [was, is] = [fieldsOf(before, after), fieldsOf(after, before)];
  if (was === undefined || is === undefined) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
  }
  const names = [...new Set([...was.keys(), ...is.keys()])];
  return names.flatMap((name) => diffFields(was.get(name), is.get(name), joined(path, name)));
}

function byKey(objects: readonly Manifest[]): ReadonlyMap<string, Manifest> {
  return new Map(
    objects.map((object) => {
      const { namespace, name } = object.metadata;
      return [`${object.kind} ${namespace ? `${namespace}/` : ''}${name}`, object];
    }),
  );
}

/* Undefined for what is no object or list, or would be compared with another sort of thing. */
function fieldsOf(value: unknown, other: unknown): ReadonlyMap<string, unknown> | undefined {
  if (!isInner(value) || !isInner(other)) return undefined;
  if (Array.isArray(value) && Array.isArray(other)) return itemsOf(value, other);
  if (Array.isArray(value) || Array.isArray(other)) return undefined;
  return new Map(Object.entries(value));
}

function isInner(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/*
 * Items with names by their names, as Kubernetes merges them: a container in front does not change those
 * behind it. Where a list became longer or shorter, items without names by what they are.
 */
function itemsOf(items: readonly unknown[], others: readonly unknown[]): ReadonlyMap<string, unknown> {
  const keys = [nameIn, ...(items.length === others.length ? [] : [contentOf])];
  const key = keys.find((one) => areUnique(items.map(one)) && areUnique(others.map(one)));
  return new Map(items.map((item, index) => [`[${key?.(item) ?? index}]`, item]));
}

function areUnique(keys: readonly (string | undefined)[]): boolean {
  return keys.every((key) => key !== undefined) && new Set(keys).size === keys.length;
}

function contentOf(item: unknown): string {
  return JSON.stringify(item);
}

function nameIn(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null || !('name' in item)) return undefined;
  return typeof item.name === 'string' ? item.name : undefined;
}

function joined(path: string, name: string): string {
  if (/^\[[{"[]/.test(name)) return `${path}[]`;
  if (path === '' || name.startsWith('[')) return `${path}${name}`;
  return `${path}.${/^[\w-]+$/.test(name) ? name : `'${name}'`}`;
}
