// A moment in wall-clock time. Apart from clock.ts, so that pure code can name it without a clock.

import type { Brand } from './brand.ts';

/** A moment in wall-clock time, milliseconds since 1970-01-01 UTC. */
export type Instant = Brand<number, 'Instant'>;

export function instant(epochMs: number): Instant {
  return epochMs as Instant;
}

/** `ms` later (earlier when negative). */
export function after(moment: Instant, ms: number): Instant {
  return instant(moment + ms);
}

/** RFC 3339 with milliseconds, as status carries it. */
export function toText(moment: Instant): string {
  return new Date(moment).toISOString();
}

/** Undefined when the text is no date. */
export function fromText(text: string): Instant | undefined {
  const epochMs = Date.parse(text);
  return Number.isNaN(epochMs) ? undefined : instant(epochMs);
}
