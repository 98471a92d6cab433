// Ends a cluster from its recorded state alone: works after a crash of its starter.

import { rmSync } from 'node:fs';

import { leftovers } from './leftovers.ts';
import type { Leftover } from './leftovers.ts';
import { logDir, stateDir } from './paths.ts';
import { stopDaemons } from './process/daemon.ts';
import { readState } from './state.ts';

/** Ends a cluster if there is one and returns what could not be removed: nothing, normally. */
export const down = async (name: string): Promise<readonly Leftover[]> => {
  const state = readState(name);
  if (state === undefined) return leftovers({ name });
  await stopDaemons(state.daemons);
  rmSync(stateDir(name), { recursive: true, force: true });
  return leftovers({ name });
};

/**
 * Ends a cluster if there is one.
 * @throws Error listing what is left.
 */
export const endDown = async (name: string): Promise<void> => {
  const left = await down(name);
  if (left.length > 0) throw new Error(`${name} left behind:\n${renderLeftovers(left)}`);
  rmSync(logDir(name), { recursive: true, force: true });
};

export const renderLeftovers = (left: readonly Leftover[]): string =>
  left.map(({ kind, name }) => `  ${kind.padEnd(8)} ${name}`).join('\n');
