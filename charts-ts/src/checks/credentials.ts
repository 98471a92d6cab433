// What a credential in the clear looks like: by the name it is given, by its own shape.

/** Words at which a value is taken for a credential, unless it only says where one is. */
const WORDS = 'pwd|secret|token|api[_-]?key|private[_-]?key|credentials?|access[_-]?key';
const NAMES = new RegExp(`(?:password|passwd|(?:^|[_.-])(?:${WORDS}))$`, 'i');
const STORES = 'database|db|redis|amqp|mongo(?:db)?|postgres(?:ql)?';
const URL_NAMES = new RegExp(`(?:^|[_.-])(?:${STORES})[_-]?(?:url|uri|dsn)$`, 'i');
/* Not a credential: a file to read it from, or a name of something that holds it. */
const PLACES = /^(?:\/[\w./-]*|\$\([A-Z_]+\))?$/;

const SHAPES: readonly (readonly [string, RegExp])[] = [
  ['a password in a URL', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*:(?!\{\{|\$\()[^\s/@"']+@/i],
  ['a private key', /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/],
  ['an AWS access key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,})\b/],
  ['a Slack token', /\bxox[abprs]-[A-Za-z0-9-]{10,}/],
  ['a JSON web token', /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/],
];

/** What a text holds that nobody should read; undefined where it is fine. */
export function secretShape(text: string): string | undefined {
  return SHAPES.find(([, shape]) => shape.test(text))?.[0];
}

/** The same of a named value: the name alone can give it away. */
export function secretIn(name: string, value: string): string | undefined {
  const shape = secretShape(value);
  if (shape !== undefined) return shape;
  if (PLACES.test(value)) return undefined;
  if (NAMES.test(name)) return 'a value under the name of a credential';
  // A URL without a user is an address, not a secret.
  return URL_NAMES.test(name) && value.includes('@') ? 'a URL with a user' : undefined;
}
