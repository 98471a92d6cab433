// How the operator proves who it is to a server that it asks for numbers, and how it knows that
// server: references to Secrets of the AppRelease's own namespace. Never the secrets themselves.
import { z } from 'zod';
import { objectName, withRules } from './primitives.ts';

const secretKey = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[-._a-zA-Z0-9]+$/);

const bearer = z
  .object({
    name: objectName.meta({ description: 'Name of the Secret in the same namespace.' }),
    key: secretKey.default('token').meta({ description: 'Its key that holds the token.' }),
  })
  .meta({ description: 'Sends a token: `Authorization: Bearer <token>`.' });

const basic = z
  .object({
    name: objectName.meta({
      description: 'Name of the Secret in the same namespace, with the keys username and password.',
    }),
  })
  .meta({ description: 'Sends user name and password of a kubernetes.io/basic-auth Secret.' });

const AUTHORIZATION_RULE = {
  rule: 'has(self.bearer) != has(self.basic)',
  message: 'name exactly one of bearer (a token) and basic (user name and password)',
};

/** Who the operator says it is. */
export const authorization = withRules(
  z
    .object({ bearer: bearer.optional(), basic: basic.optional() })
    .meta({ description: 'Credentials of the request, from a Secret.' }),
  [AUTHORIZATION_RULE],
);

const ca = z
  .object({
    name: objectName.meta({ description: 'Name of the Secret in the same namespace.' }),
    key: secretKey
      .default('ca.crt')
      .meta({ description: 'Its key that holds the certificates (PEM).' }),
  })
  .meta({ description: 'Certificates that are trusted for https, in place of the public ones.' });

/** How a server with a certificate of its own is recognised. */
export const queryTls = z
  .object({ ca: ca.optional() })
  .meta({ description: 'For https with certificates that are not publicly trusted.' });

export type Authorization = z.output<typeof authorization>;
export type QueryTls = z.output<typeof queryTls>;

/** The sentence about an authorization that names none or two, or undefined. */
export function authorizationProblem(value: Authorization | undefined): string | undefined {
  if (!value || (value.bearer === undefined) !== (value.basic === undefined)) return undefined;
  return AUTHORIZATION_RULE.message;
}
