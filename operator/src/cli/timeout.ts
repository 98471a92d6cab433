// Lengths of time given as flags.
import { parseDuration, type Millis } from '../lib/duration.ts';
import type { Arguments } from './flags.ts';
import { UserError } from './user-error.ts';

/** The flag in milliseconds; a bare number is in seconds, as kubectl takes it. */
export function readTimeoutMs(args: Arguments, flag: string, standard: string): Millis {
  const text = args.text(flag) ?? standard;
  const parsed = parseDuration(/^\d+$/.test(text) ? `${text}s` : text);
  if (parsed.kind === 'error') throw new UserError(`--${flag}: ${parsed.error}`);
  return parsed.value;
}
