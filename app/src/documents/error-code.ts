// The code that Node gives an error of a file or a socket.

/** Such as ENOENT; an empty text when there is none. */
export function errorCodeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
