// Ends a cluster from its recorded state alone: works after a crash of its starter.

import { spawn } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { leftovers } from './leftovers.ts';
import type { Leftover } from './leftovers.ts';
import { removeCgroups } from './node/cgroups.ts';
import { removeNetwork } from './node/network.ts';
import { planNode } from './node/plan.ts';
import { cacheFolder, logDir, stateDir } from './paths.ts';
import { run } from './process/command.ts';
import { stopDaemons, stopOwned } from './process/daemon.ts';
import { readState } from './state.ts';

/** Ends a cluster if there is one and returns what could not be removed: nothing, normally. */
export const down = async (name: string): Promise<readonly Leftover[]> => {
  const state = readState(name);
  if (state === undefined) return leftovers({ name });
  if (state.tier === 'kind') await run(state.kindPath ?? 'kind', ['delete', 'cluster', '--name', name]);
  await stopDaemons(state.daemons);
  await stopOwned(stateDir(name));
  const { network } = state;
  if (network !== undefined) {
    const plan = planNode(network.index);
    await removeCgroups(plan.cgroup);
    await removeNetwork(plan);
  }
  removeState(name);
  return leftovers(network === undefined ? { name } : { name, prefix: network.prefix });
};

/** Gigabytes of unpacked images take seconds to remove, so that goes on after we have ended. */
const removeState = (name: string): void => {
  const trash = mkdtempSync(join(cacheFolder('trash'), 'state-'));
  renameSync(stateDir(name), join(trash, 'state'));
  const child = spawn('rm', ['-rf', '--one-file-system', trash], { detached: true, stdio: 'ignore' });
  child.unref();
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
