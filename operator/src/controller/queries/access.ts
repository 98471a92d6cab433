// From references in the specification to what goes with a request: the header with credentials, and
// the certificates to trust. A Secret that cannot be used is a sentence; its content is in none.
import type { Authorization, QueryTls } from '../../api/http-access.ts';
import { err, ok, type Result } from '../../lib/result.ts';
import type { ReadSecret } from './secrets.ts';
import type { Access } from './send.ts';

export interface AccessSpec {
  readonly authorization?: Authorization | undefined;
  readonly tls?: QueryTls | undefined;
}

export async function accessOf(
  { authorization, tls }: AccessSpec,
  namespace: string,
  readSecret: ReadSecret,
): Promise<Result<Access, string>> {
  const header = await headerOf(authorization, namespace, readSecret);
  if (header.kind === 'error') return header;
  const headers = header.value === undefined ? {} : { authorization: header.value };
  if (!tls?.ca) return ok({ headers });
  const ca = await readSecret({ namespace, name: tls.ca.name, key: tls.ca.key });
  if (ca.kind === 'error') return ca;
  return ca.value.includes('-----BEGIN CERTIFICATE-----')
    ? ok({ headers, ca: ca.value })
    : err(`the key ${tls.ca.key} of the Secret ${tls.ca.name} holds no certificate (PEM)`);
}

async function headerOf(
  authorization: Authorization | undefined,
  namespace: string,
  readSecret: ReadSecret,
): Promise<Result<string | undefined, string>> {
  const { basic, bearer } = authorization ?? {};
  if (bearer) {
    const token = await readSecret({ namespace, name: bearer.name, key: bearer.key });
    return token.kind === 'error' ? token : sendable(`Bearer ${token.value.trim()}`, bearer.name);
  }
  if (!basic) return ok(undefined);
  const user = await readSecret({ namespace, name: basic.name, key: 'username' });
  if (user.kind === 'error') return user;
  const password = await readSecret({ namespace, name: basic.name, key: 'password' });
  if (password.kind === 'error') return password;
  const pair = Buffer.from(`${user.value}:${password.value}`).toString('base64');
  return ok(`Basic ${pair}`);
}

/* A line feed in the middle would begin another header. */
function sendable(header: string, name: string): Result<string, string> {
  return /^[!-~]+ [!-~]+$/.test(header)
    ? ok(header)
    : err(
        `the Secret ${name} holds no token: it is empty, or has blanks or other characters in it`,
      );
}
