// Result: an expected failure as a value. Bugs and broken connections stay exceptions.

export type Ok<T> = { readonly kind: 'ok'; readonly value: T };
export type Err<E> = { readonly kind: 'error'; readonly error: E };

/** Either a value or the reason why there is none; look at `kind` before use. */
export type Result<T, E> = Ok<T> | Err<E>;

export function ok<T>(value: T): Ok<T> {
  return { kind: 'ok', value };
}

export function err<E>(error: E): Err<E> {
  return { kind: 'error', error };
}
