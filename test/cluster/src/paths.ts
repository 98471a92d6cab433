// Where the harness keeps things: a cache that may be deleted at any time while no cluster runs.

import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export const REPOSITORY = resolve(import.meta.dirname, '../../..');
export const MODULES = join(REPOSITORY, 'test/cluster/modules');

/** `$SLIPWAY_CACHE`, or `~/.cache/slipway`. */
export const cacheDir = (): string =>
  resolve(process.env['SLIPWAY_CACHE'] ?? join(homedir(), '.cache/slipway'));

/** A folder inside the cache; it is created when missing. */
export const cacheFolder = (...parts: readonly string[]): string => {
  const folder = join(cacheDir(), ...parts);
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
};

/** State of one cluster. Unix socket paths end at 107 bytes, so this one is kept short. */
export const stateDir = (name: string): string => join(cacheDir(), 'state', name);

/** Logs of one cluster; they outlive a failed start. */
export const logDir = (name: string): string => join(cacheDir(), 'log', name);

const LONGEST_SOCKET = '/n1/run/containerd.sock.ttrpc'.length;

/**
 * Refuses a name whose socket paths the kernel would refuse, or that is no plain word.
 * @throws Error saying what to change.
 */
export const assertUsableName = (name: string): void => {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) {
    throw new Error(`"${name}" is no cluster name: lower case letters, digits and -, at most 31`);
  }
  const length = stateDir(name).length + LONGEST_SOCKET;
  if (length > 107) {
    throw new Error(`socket paths under ${stateDir(name)} would be too long: set SLIPWAY_CACHE`);
  }
};
