import { describe, expect, it } from '@jest/globals';
import type { Core } from './core.ts';
import { MUTANTS, type Mutant, mutated } from './mutants.ts';
import { simulate } from './run.ts';

/** Runs after which a bug that nobody has noticed counts as one that nobody would. */
const RUNS = 1500;

/** What gives the bug away, or undefined. */
function giveaway(core: Core, { witness }: Mutant): string | undefined {
  for (const seed of [witness, ...Array(RUNS).keys()]) {
    const result = simulate(seed, { core });
    if (result.kind === 'failed') return result.why;
  }
  return undefined;
}

describe('the simulation finds a bug in the core:', () => {
  it.each(Object.entries(MUTANTS))('%s', async (_name, mutant) => {
    expect(giveaway(await mutated(mutant), mutant)).toEqual(expect.any(String));
  });
});
