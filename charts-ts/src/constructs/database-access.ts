// How a program is told about its database: PG* variables from a Secret, the password as a file that
// follows the Secret. The Secret itself is made elsewhere; no password is ever rendered.
import { EnvValue, Secret, Volume, type VolumeMount } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';

/** Keys that the Secret must have. */
export const DATABASE_SECRET_KEYS = ['username', 'password', 'database', 'host', 'url'] as const;
export type DatabaseSecretKey = (typeof DATABASE_SECRET_KEYS)[number];

export interface DatabaseAccess {
  readonly env: Readonly<Record<string, EnvValue>>;
  readonly mounts: readonly VolumeMount[];
}

const PASSWORD_FOLDER = '/run/secrets/database';

/** PG* variables and the mounted password of the Secret `secretName`. */
export function databaseAccess(scope: Construct, secretName: string): DatabaseAccess {
  const secret = Secret.fromSecretName(scope, 'Database', secretName);
  const value = (key: DatabaseSecretKey) => EnvValue.fromSecretValue({ secret, key });
  const password = Volume.fromSecret(scope, 'Password', secret, {
    name: 'database-password',
    items: { password: { path: 'password' } },
    defaultMode: 0o440,
  });
  return {
    env: {
      PGHOST: value('host'),
      PGUSER: value('username'),
      PGDATABASE: value('database'),
      PGPASSWORD_FILE: EnvValue.fromValue(`${PASSWORD_FOLDER}/password`),
    },
    mounts: [{ path: PASSWORD_FOLDER, volume: password, readOnly: true }],
  };
}

/** Single variables from the Secret `secretName`, for programs that know no password file. */
export function databaseVariables<Name extends string>(
  scope: Construct,
  secretName: string,
  keys: Readonly<Record<Name, DatabaseSecretKey>>,
): Record<string, EnvValue> {
  const secret = Secret.fromSecretName(scope, 'Database', secretName);
  return Object.fromEntries(
    Object.entries<DatabaseSecretKey>(keys).map(([name, key]) => [
      name,
      EnvValue.fromSecretValue({ secret, key }),
    ]),
  );
}
