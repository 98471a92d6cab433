// Reading single settings of the environment. Errors name the variable and the remedy.
import { readFileSync } from 'node:fs';

import type { KeepPolicy } from './retention.ts';

/** A setting a person has to correct. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const defaultKeep: KeepPolicy = { last: 3, daily: 7, weekly: 5, monthly: 12, yearly: 3 };

/** From `<prefix>_LAST`, `<prefix>_DAILY` and so on. */
export function keepPolicy(env: NodeJS.ProcessEnv, prefix: string): KeepPolicy {
  const read = (why: keyof KeepPolicy): number =>
    whole(env, {
      name: `${prefix}_${why.toUpperCase()}`,
      fallback: defaultKeep[why],
      min: why === 'last' ? 1 : 0,
      max: 1_000,
    });
  return {
    last: read('last'),
    daily: read('daily'),
    weekly: read('weekly'),
    monthly: read('monthly'),
    yearly: read('yearly'),
  };
}

/** A whole number between two bounds. */
export function whole(
  env: NodeJS.ProcessEnv,
  { name, fallback, min, max }: { name: string; fallback: number; min: number; max: number },
): number {
  const text = env[name];
  if (!text) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new ConfigError(`${name}: "${text}" has to be a whole number from ${min} to ${max}`);
  return value;
}

/** One of a few words. */
export function oneOf<Word extends string>(
  env: NodeJS.ProcessEnv,
  { name, words }: { name: string; words: readonly Word[] },
): Word | undefined {
  const text = env[name];
  if (!text) return undefined;
  const found = words.find((word) => word === text);
  if (found === undefined)
    throw new ConfigError(`${name}: "${text}" has to be one of ${words.join(', ')}`);
  return found;
}

/** The content of a file that a variable names, such as one of a mounted Secret. */
export function fileNamedBy(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const file = env[name];
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch {
    throw new ConfigError(`${name}: ${file} cannot be read. Mount the Secret there or correct the path`);
  }
}
