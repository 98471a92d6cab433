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
