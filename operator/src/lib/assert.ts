// Assertions: a failing one is a bug in this program, never a user's error or a state of the world.

/** Thrown by `assert` and `assertNever`; whoever isolates failures counts it as a bug. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Throws an AssertionError with `message` unless `condition` holds. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Ends a switch over a union: does not compile while a case is missing, and throws if one slips in. */
export function assertNever(value: never): never {
  throw new AssertionError(`unexpected value: ${JSON.stringify(value)}`);
}
