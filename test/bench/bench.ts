// What a benchmark is: a name, how large it is run, and the figures it comes back with.
import type { Figure } from './figure.ts';
import type { Lab } from './lab/lab.ts';

/** `small` shows in a minute or two that every benchmark still runs; its figures prove little. */
export type Size = 'full' | 'small';

export type Bench = {
  readonly name: string;
  /** One line for the list of benchmarks. */
  readonly what: string;
  run(lab: Lab, size: Size): Promise<readonly Figure[]>;
};
