// Walking JSON of unknown shape without trusting it.

export type JsonObject = Record<string, unknown>;

/** The value if it is an object, else an empty one. */
export function record(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** The value if it is a list, else an empty one. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** True when both say the same; a part that is undefined or null says nothing. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b || (isNothing(a) && isNothing(b))) return true;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((part, index) => isSame(part, b[index]));
  }
  if (typeof a !== 'object' || typeof b !== 'object' || isNothing(a) || isNothing(b)) return false;
  const [left, right] = [record(a), record(b)];
  return (
    Object.keys(left).every((key) => isSame(left[key], right[key])) &&
    Object.keys(right).every((key) => Object.hasOwn(left, key) || isNothing(right[key]))
  );
}

function isNothing(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** True when all that `wanted` says stands in `actual` too; the server may have added defaults. */
export function covers(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((part, index) => covers(actual[index], part))
    );
  }
  if (typeof wanted === 'object' && wanted !== null) {
    const target = record(actual);
    return Object.entries(wanted).every(([key, part]) => part === undefined || covers(target[key], part));
  }
  return actual === wanted;
}
