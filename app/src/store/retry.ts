// Tries a statement again when that can help, a bounded number of times, with jitter.
import { setTimeout as sleep } from 'node:timers/promises';

import { classifyDatabaseError } from './database-error.ts';
import type { DatabaseErrorKind } from './database-error.ts';

export interface RetryPolicy {
  readonly maxAttempts: number;
  /** The first pause is up to this long; each further one up to twice the one before. */
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  readonly random?: () => number;
  readonly pause?: (ms: number) => Promise<unknown>;
  readonly onRetry?: (kind: DatabaseErrorKind) => void;
}

/**
 * About two and a half seconds in all. A disk that stalls for one makes a queue at each account, of
 * which each round of tries lets one through.
 */
export const defaultRetryPolicy: RetryPolicy = {
  maxAttempts: 30,
  firstPauseMs: 4,
  maxPauseMs: 200,
};

/** The statement still failed after the last attempt. */
export class RetriesExhausted extends Error {
  override readonly name = 'RetriesExhausted';
  readonly kind: 'conflict' | 'lost' | 'unreachable';

  constructor(kind: 'conflict' | 'lost' | 'unreachable', cause: unknown) {
    super(`the database gave up on us: ${kind}`, { cause });
    this.kind = kind;
  }
}

/**
 * Runs `work` until it succeeds. Only for work that may run twice: reads, and writes under a key.
 * Throws RetriesExhausted, or at once what trying again cannot change.
 */
export async function withRetry<T>(work: () => Promise<T>, policy: RetryPolicy): Promise<T> {
  const { maxAttempts, random = Math.random, pause = sleep, onRetry } = policy;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const kind = classifyDatabaseError(error);
      if (kind === 'other') throw error;
      if (attempt >= maxAttempts) throw new RetriesExhausted(kind, error);
      onRetry?.(kind);
      const ceilingMs = Math.min(policy.firstPauseMs * 2 ** (attempt - 1), policy.maxPauseMs);
      await pause(Math.ceil(ceilingMs * random()));
    }
  }
}
