// The tokens that are known, as hashes: the file is no use to whoever reads it.
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { ConfigError, describeIssues } from '../store/connection-config.ts';
import { scopes } from './scopes.ts';
import type { Scope } from './scopes.ts';

/** Whose token it is and what it allows. */
export interface Caller {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
}

export interface TokenRegistry {
  /** undefined: nobody that we know, or not any more. */
  find(token: string): Caller | undefined;
}

const tokenFile = z.strictObject({
  tokens: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[\w.-]{1,64}$/, 'give 1 to 64 letters, digits, dots, dashes'),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'give the sha256 of the token, 64 hex digits'),
        scopes: z.array(z.enum(scopes, `give some of ${scopes.join(', ')}`)).min(1),
        expiresAt: z.iso.datetime('give a time such as 2027-01-31T00:00:00Z').optional(),
      }),
    )
    .min(1)
    .max(1_000),
});

interface KnownToken extends Caller {
  readonly digest: Buffer;
  readonly expiresAtMs: number;
}

/** Reads the file. Throws ConfigError, which never repeats what is in it. */
export function readTokens(file: string): readonly KnownToken[] {
  const parsed = tokenFile.safeParse(readJson(file));
  if (!parsed.success)
    throw new ConfigError(`AUTH_TOKENS_FILE: ${file}: ${describeIssues(parsed.error)}`);
  return parsed.data.tokens.map(({ name, sha256, scopes: allowed, expiresAt }) => ({
    name,
    digest: Buffer.from(sha256, 'hex'),
    scopes: new Set(allowed),
    expiresAtMs: expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt),
  }));
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is no JSON' : 'cannot be read';
    throw new ConfigError(
      `AUTH_TOKENS_FILE: ${file} ${why}. Mount the Secret there, or leave the variable out to ask for no tokens`,
    );
  }
}

/** Takes as long for a token that is known as for one that is not. */
export function createRegistry(
  tokens: () => readonly KnownToken[],
  now: () => number = Date.now,
): TokenRegistry {
  return {
    find: (token) => {
      const digest = createHash('sha256').update(token).digest();
      let found: KnownToken | undefined;
      for (const known of tokens()) if (timingSafeEqual(known.digest, digest)) found = known;
      return found !== undefined && found.expiresAtMs > now() ? found : undefined;
    },
  };
}

export interface WatchOptions {
  readonly file: string;
  readonly everyMs: number;
  /** The file has become unreadable; the tokens that were known before go on being known. */
  readonly onTrouble: (error: unknown) => void;
}

/** A registry that reads its file again now and then. Throws ConfigError when it starts unreadable. */
export function watchTokens({ file, everyMs, onTrouble }: WatchOptions): TokenRegistry {
  let tokens = readTokens(file);
  setInterval(() => {
    try {
      tokens = readTokens(file);
    } catch (error) {
      onTrouble(error);
    }
  }, everyMs).unref();
  return createRegistry(() => tokens);
}
