// Durations: milliseconds inside, text such as "1m30s" at the edges.

import { assert } from './assert.ts';
import type { Brand } from './brand.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';

/** A length of time in milliseconds, finite and not negative. */
export type Millis = Brand<number, 'Millis'>;

/** Makes a Millis; a negative or non-finite number is a bug. */
export function millis(value: number): Millis {
  assert(Number.isFinite(value) && value >= 0, `not a duration in milliseconds: ${value}`);
  return value as Millis;
}

const MS_PER_UNIT = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
const DURATION = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/;

/** Reads "1h", "1m30s", "1.5s", "250ms"; the error is a sentence for the author of the text. */
export function parseDuration(text: string): Result<Millis, string> {
  const match = DURATION.exec(text);
  if (text === '' || match === null) {
    return err(`"${text}" is not a duration; write it like 90s, 1m30s or 250ms`);
  }
  const [, h, m, s, ms] = match;
  const total =
    Number(h ?? 0) * MS_PER_UNIT.h +
    Number(m ?? 0) * MS_PER_UNIT.m +
    Number(s ?? 0) * MS_PER_UNIT.s +
    Number(ms ?? 0);
  if (!Number.isSafeInteger(Math.ceil(total))) return err(`"${text}" is too long a duration`);
  return ok(millis(total));
}

/** Writes a duration as people do: "0s", "250ms", "1m30s"; exact to the millisecond. */
export function formatDuration(duration: Millis): string {
  let rest = Math.round(duration);
  let text = '';
  for (const [unit, size] of Object.entries(MS_PER_UNIT)) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === '' ? '0s' : text;
}
