// Waiting for a condition with a deadline. No fixed sleeps: whoever waits says what for, and a
// failure carries what the component last said.

import { setTimeout as delay } from 'node:timers/promises';

export type WaitOptions<T> = {
  /** What is waited for, as the end of the sentence "waited N s for ...". */
  readonly what: string;
  readonly deadlineMs: number;
  /** Milliseconds between two looks; 50 unless told. */
  readonly everyMs?: number;
  /** Returns undefined (or throws) while the condition does not hold yet. */
  readonly check: () => Promise<T | undefined> | T | undefined;
  /** Names a reason why waiting longer is useless, for example a process that has ended. */
  readonly hopeless?: () => string | undefined;
  /** Lines that help whoever reads the failure, for example the end of a log. */
  readonly diagnose?: () => string;
};

/**
 * Looks again and again until `check` returns a value.
 * @throws Error naming the condition, the last error seen and the diagnosis.
 */
export const waitFor = async <T>(options: WaitOptions<T>): Promise<T> => {
  const end = Date.now() + options.deadlineMs;
  let last = 'the condition did not hold';
  for (;;) {
    const seen = await look(options);
    if (seen.kind === 'holds') return seen.value;
    last = seen.because ?? last;
    const ended = options.hopeless?.();
    if (ended !== undefined) throw failure(options, ended);
    if (Date.now() >= end) throw failure(options, last);
    await delay(options.everyMs ?? 50);
  }
};

type Seen<T> = { readonly kind: 'holds'; readonly value: T } | { readonly kind: 'not yet'; readonly because?: string };

const look = async <T>(options: WaitOptions<T>): Promise<Seen<T>> => {
  try {
    const value = await options.check();
    return value === undefined ? { kind: 'not yet' } : { kind: 'holds', value };
  } catch (error) {
    return { kind: 'not yet', because: error instanceof Error ? error.message : String(error) };
  }
};

const failure = <T>(options: WaitOptions<T>, because: string): Error => {
  const details = options.diagnose?.() ?? '';
  const seconds = Math.round(options.deadlineMs / 1000);
  return new Error(
    `waited up to ${seconds} s for ${options.what}: ${because}${details === '' ? '' : `\n${details}`}`,
  );
};
