// The keys that wrap the keys of sets: files of a mounted Secret, each 32 bytes in base64 or hex. One is
// in use, the others open what is older.
import { createHmac } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { ConfigError } from './settings.ts';

export interface WrappingKey {
  /** Derived from the key, so that the same key has the same id wherever it is mounted. */
  readonly id: string;
  readonly bytes: Buffer;
}

export interface KeyRing {
  /** For messages. */
  readonly dir: string;
  /** What new sets are sealed with. */
  readonly current: WrappingKey;
  readonly all: readonly WrappingKey[];
}

/** Undefined without BACKUP_KEYS_DIR. Throws ConfigError. */
export function readKeyRing(env: NodeJS.ProcessEnv): KeyRing | undefined {
  const dir = env['BACKUP_KEYS_DIR'];
  if (!dir) return undefined;
  const names = fileNames(dir);
  const named = env['BACKUP_KEY'];
  const current = named || names.at(-1);
  if (current === undefined)
    throw new ConfigError(`BACKUP_KEYS_DIR: ${dir} has no keys. Put one there: openssl rand -base64 32`);
  if (!names.includes(current))
    throw new ConfigError(`BACKUP_KEY: ${dir} has no file "${current}", only ${names.join(', ')}`);
  const keys = new Map(names.map((name) => [name, readKey(join(dir, name))]));
  return { dir, current: keys.get(current) ?? readKey(join(dir, current)), all: [...keys.values()] };
}

/** Throws with the id that is asked for. */
export function keyOf(ring: KeyRing | undefined, id: string, set: string): WrappingKey {
  if (ring === undefined)
    throw new Error(`set ${set} is sealed with key ${id}: set BACKUP_KEYS_DIR to the folder that has it`);
  const found = ring.all.find((key) => key.id === id);
  if (found === undefined)
    throw new Error(
      `set ${set} is sealed with key ${id}, and ${ring.dir} has only ${ring.all.map((key) => key.id).join(', ')}: put the lost key back there`,
    );
  return found;
}

/* A mounted Secret has links with dots in front beside the files. */
function fileNames(dir: string): readonly string[] {
  try {
    return readdirSync(dir)
      .filter((name) => !name.startsWith('.'))
      .toSorted();
  } catch {
    throw new ConfigError(`BACKUP_KEYS_DIR: ${dir} cannot be read. Mount the Secret there or correct the path`);
  }
}

function readKey(path: string): WrappingKey {
  const text = readFileSync(path, 'utf8').trim();
  const bytes = Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64');
  if (bytes.length !== 32)
    throw new ConfigError(
      `BACKUP_KEYS_DIR: ${path} has to hold 32 bytes in base64 or hex and has ${bytes.length}. Make one: openssl rand -base64 32`,
    );
  const id = createHmac('sha256', bytes).update('slipway backup key id').digest('hex').slice(0, 16);
  return { id, bytes };
}
