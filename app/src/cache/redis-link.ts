// The connection to Redis. Whoever asks gets an answer soon or none: trouble is counted, not thrown.
import { createClient } from '@redis/client';

export type RedisCommands = ReturnType<typeof createRedisClient>;

export interface RedisLink {
  /** undefined when Redis gave no answer in time, or is known to be in trouble. Never rejects. */
  ask<T>(question: (redis: RedisCommands) => Promise<T>): Promise<T | undefined>;
  close(): Promise<void>;
}

export interface RedisLinkOptions {
  readonly url: string;
  /** How long one question may take. */
  readonly timeoutMs: number;
  /** How long nobody asks after a question went wrong. */
  readonly restMs: number;
  /** Once per spell of trouble, and once when it is over. */
  readonly onChange: (state: 'working' | 'failing', error?: unknown) => void;
  readonly now?: () => number;
}

const maxReconnectMs = 2_000;

/** Connects in the background, as often as it takes. */
export function openRedis(options: RedisLinkOptions): RedisLink {
  const { url, timeoutMs, restMs, onChange, now = Date.now } = options;
  const client = createRedisClient(url);
  let restsUntil = 0;
  let state: 'working' | 'failing' = 'working';
  const turn = (next: 'working' | 'failing', error?: unknown): void => {
    if (next === state) return;
    state = next;
    onChange(next, error);
  };
  const fail = (error: unknown): void => {
    restsUntil = now() + restMs;
    turn('failing', error);
  };
  client.on('error', fail);
  client.connect().catch(fail);
  return {
    ask: async (question) => {
      if (now() < restsUntil || !client.isReady) return undefined;
      try {
        const answer = await within(timeoutMs, question(client));
        turn('working');
        return answer;
      } catch (error) {
        fail(error);
        return undefined;
      }
    },
    close: async () => {
      client.destroy();
    },
  };
}

function createRedisClient(url: string) {
  return createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: 1_000,
    socket: {
      connectTimeout: 2_000,
      reconnectStrategy: (retries) => Math.min(50 * 2 ** Math.min(retries, 6), maxReconnectMs),
    },
  });
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Redis did not answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
    // Whatever comes of it later is nobody's any more.
    work.catch(() => undefined);
  }
}
