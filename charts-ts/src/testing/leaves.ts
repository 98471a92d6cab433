// Rendered objects as one flat map from `Kind namespace/name field.path` to the value there.
import type { Manifest } from '../manifest.ts';

export type Leaves = ReadonlyMap<string, string>;

/** Empty objects and lists count as values, or a removal of the last field would not be seen. */
export function leavesOf(objects: readonly Manifest[]): Leaves {
  const leaves = new Map<string, string>();
  for (const object of objects) {
    const { name, namespace = '' } = object.metadata;
    collect(object, `${object.kind} ${namespace}/${name} `, leaves);
  }
  return leaves;
}

/** The paths at which two sets of objects are not the same. */
export function changedPaths(before: Leaves, after: Leaves): readonly string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path)).toSorted();
}

function collect(value: unknown, path: string, leaves: Map<string, string>): void {
  const isInner = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!isInner) {
    leaves.set(path, JSON.stringify(value));
    return;
  }
  const prefix = path.endsWith(' ') ? path : `${path}.`;
  for (const [key, inner] of entriesOf(value)) collect(inner, `${prefix}${key}`, leaves);
}

/* Items with names by their names: one more in front changes no other. */
function entriesOf(value: object): readonly (readonly [string, unknown])[] {
  const entries = Object.entries(value);
  const names = entries.map(([, inner]) => (inner as { readonly name?: unknown } | null)?.name);
  const isNamed = Array.isArray(value) && names.every((name) => typeof name === 'string');
  if (!isNamed || new Set(names).size < names.length) return entries;
  return entries.map(([, inner], index) => [String(names[index]), inner]);
}
