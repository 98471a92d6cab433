// Accounts in Redis, cache-aside. A value counts only with the generation of its account: each change
// counts the generation up, so what was read before the change and stored after it is never believed.
//
//   ledger:generation:<account>                        shared by all versions of the app
//   ledger:account:<schema>:<release>:<account>        { generation, account or null }
import { z } from 'zod';

import type { Account } from '../domain/account.ts';
import type { RedisLink } from './redis-link.ts';

export type CacheResult = 'hit' | 'negative' | 'miss' | 'off';

export interface AccountCache {
  /** Asks `load` unless the value is known; equal questions at once are asked once. */
  read(id: string, load: () => Promise<Account | undefined>): Promise<Account | undefined>;
  /** To be called once the change is committed. */
  forget(ids: readonly string[]): Promise<void>;
}

export interface AccountCacheOptions {
  readonly redis: RedisLink;
  /** Versions of the app do not read each other's values. */
  readonly release: string;
  readonly ttlMs: number;
  /** For accounts that do not exist. */
  readonly negativeTtlMs: number;
  readonly onRead: (result: CacheResult) => void;
}

/** Counts up with each change of what is stored. */
export const cacheSchema = 1;
const generationTtlMs = 3_600_000;

export function createAccountCache(options: AccountCacheOptions): AccountCache {
  const { redis, release, onRead } = options;
  const flights = new Map<string, Promise<Account | undefined>>();
  const valueKey = (id: string): string => `ledger:account:${cacheSchema}:${release}:${id}`;

  const look = async (
    id: string,
    load: () => Promise<Account | undefined>,
  ): Promise<Account | undefined> => {
    const found = await redis.ask((client) => client.mGet([generationKey(id), valueKey(id)]));
    if (found === undefined) {
      onRead('off');
      return load();
    }
    const generation = found[0] ?? '0';
    const entry = readEntry(found[1] ?? undefined, generation);
    if (entry !== undefined) {
      onRead(entry.account === null ? 'negative' : 'hit');
      return entry.account ?? undefined;
    }
    onRead('miss');
    const account = await load();
    const ttlMs = account === undefined ? options.negativeTtlMs : options.ttlMs;
    // Nobody waits for it.
    void redis.ask((client) =>
      client.set(valueKey(id), writeEntry(generation, account), {
        expiration: { type: 'PX', value: ttlMs },
      }),
    );
    return account;
  };

  return {
    read: (id, load) => {
      const running = flights.get(id);
      if (running !== undefined) return running;
      const flight = look(id, load).finally(() => {
        if (flights.get(id) === flight) flights.delete(id);
      });
      flights.set(id, flight);
      return flight;
    },
    forget: async (ids) => {
      // Who asks from now on must not get what a flight from before the change brings home.
      for (const id of ids) flights.delete(id);
      await redis.ask((client) => {
        const batch = client.multi();
        for (const id of ids)
          batch.incr(generationKey(id)).pExpire(generationKey(id), generationTtlMs);
        return batch.exec();
      });
    },
  };
}

function generationKey(id: string): string {
  return `ledger:generation:${id}`;
}

const storedAccount = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['customer', 'external']),
  currency: z.string(),
  balance: z.string().regex(/^-?\d+$/).transform(BigInt),
  available: z.string().regex(/^-?\d+$/).transform(BigInt),
  createdAt: z.iso.datetime().transform((text) => new Date(text)),
});
const storedEntry = z.object({ generation: z.string(), account: storedAccount.nullable() });

/** undefined when it is of another generation, or nothing that we have written. */
function readEntry(
  text: string | undefined,
  generation: string,
): { readonly account: Account | null } | undefined {
  if (text === undefined) return undefined;
  try {
    const entry = storedEntry.safeParse(JSON.parse(text));
    return entry.success && entry.data.generation === generation ? entry.data : undefined;
  } catch {
    return undefined;
  }
}

function writeEntry(generation: string, account: Account | undefined): string {
  return JSON.stringify({ generation, account: account ?? null }, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}
