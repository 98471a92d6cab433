// How to reach PostgreSQL, from DATABASE_URL or PG* variables. Shared with the migrations' runner.
import { readFileSync } from 'node:fs';

import { z } from 'zod';

const port = z.coerce.number().int().min(1).max(65_535);

const connectionEnv = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  PGHOST: z.string().min(1).optional(),
  PGPORT: port.default(5432),
  PGUSER: z.string().min(1).optional(),
  PGDATABASE: z.string().min(1).optional(),
  PGPASSWORD: z.string().optional(),
  PGPASSWORD_FILE: z.string().min(1).optional(),
});

export const connectionNames: readonly string[] = Object.keys(connectionEnv.shape);

/** What the `pg` driver wants to know. The password is a function when it comes from a file. */
export type ConnectionConfig =
  | { readonly connectionString: string }
  | {
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly database: string;
      readonly password?: string | (() => string);
    };

/** A configuration a person has to correct: each line names the variable and the remedy. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the connection from the environment. Throws ConfigError when it is not complete. */
export function parseConnection(env: NodeJS.ProcessEnv): ConnectionConfig {
  const parsed = connectionEnv.safeParse(env);
  if (!parsed.success) throw new ConfigError(describeIssues(parsed.error));
  const { DATABASE_URL, PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD, PGPASSWORD_FILE } =
    parsed.data;
  if (DATABASE_URL !== undefined) return { connectionString: DATABASE_URL };
  if (PGHOST === undefined || PGUSER === undefined || PGDATABASE === undefined) {
    throw new ConfigError(
      'DATABASE_URL: missing. Set it to postgresql://user:password@host:5432/database, or set PGHOST, PGUSER, PGDATABASE and PGPASSWORD_FILE',
    );
  }
  const base = { host: PGHOST, port: PGPORT, user: PGUSER, database: PGDATABASE };
  if (PGPASSWORD_FILE !== undefined) {
    // Read at each connect, so that a rotated Secret needs no restart.
    const readPassword = (): string => readFileSync(PGPASSWORD_FILE, 'utf8').trimEnd();
    try {
      readPassword();
    } catch {
      throw new ConfigError(
        `PGPASSWORD_FILE: ${PGPASSWORD_FILE} cannot be read. Mount the Secret there or correct the path`,
      );
    }
    return { ...base, password: readPassword };
  }
  return PGPASSWORD === undefined ? base : { ...base, password: PGPASSWORD };
}

/** One line per problem: `VARIABLE: what is wrong`. Values are left out, they may be secret. */
export function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n');
}
