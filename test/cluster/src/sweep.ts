// Clusters of test runs that were killed: the next start ends them.

import { endDown } from './down.ts';
import { isAlive } from './process/proc.ts';
import { knownClusters, readState } from './state.ts';

/** Ends every ephemeral cluster whose starter is dead. */
export const sweepAbandoned = async (): Promise<void> => {
  for (const name of knownClusters()) {
    const state = readState(name);
    if (state?.isEphemeral === true && !isAlive(state.startedBy)) await endDown(name);
  }
};
