// Keeps secrets out of log lines: by the name of a field at any depth, and by what a text looks like.

const censor = '[redacted]';
const maxDepth = 6;
const maxItems = 50;

/** Compared without case, dashes and underscores. */
const secretNames = new Set([
  'password',
  'passwd',
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'token',
  'accesstoken',
  'refreshtoken',
  'secret',
  'secretkey',
  'secretaccesskey',
  'apikey',
  'xapikey',
  'idempotencykey',
  'connectionstring',
  'databaseurl',
  'redisurl',
  'pgpassword',
  'rawheaders',
]);

/** A copy without secrets; what is nested too deep or too long is cut. */
export function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return withoutSecretText(value);
  if (value instanceof Error) return describeError(value, depth);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth >= maxDepth) return '[too deep]';
  if (Array.isArray(value))
    return value.slice(0, maxItems).map((item) => withoutSecrets(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, maxItems)
      .map(([name, inner]) => [
        name,
        isSecretName(name) ? censor : withoutSecrets(inner, depth + 1),
      ]),
  );
}

/**
 * Passwords in URLs, credentials of the Authorization header, keys in queries. Leaves quotes and
 * backslashes where they are, so that a line of JSON stays one.
 */
export function withoutSecretText(text: string): string {
  return text
    .replace(/(\w+:\/\/[^\s:/@"\\]*):[^\s"\\]*@/g, `$1:${censor}@`)
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, `$1 ${censor}`)
    .replace(assignment, `$1${censor}`);
}

const assignment =
  /\b((?:password|token|secret|api_?key|idempotency-key)(?:\s*[=:]\s*)(?:\\?["'])?)[^\s"'\\&,;]+/gi;

function isSecretName(name: string): boolean {
  return secretNames.has(name.replace(/[-_]/g, '').toLowerCase());
}

/** Name, message, code and stack, and the same of the causes: database errors carry rows besides. */
function describeError(error: Error, depth: number): object {
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause =
    error.cause === undefined || depth >= maxDepth
      ? {}
      : { cause: withoutSecrets(error.cause, depth + 1) };
  return {
    name: error.name,
    message: withoutSecretText(error.message),
    ...code,
    stack: withoutSecretText(error.stack ?? ''),
    ...cause,
  };
}
