// A property that is there or not, without a key whose value is undefined.

/** `{ [key]: value }`, or nothing where the value is undefined. */
export function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}
