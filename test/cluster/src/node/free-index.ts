// Which number the next cluster's network gets.

import { leftovers } from '../leftovers.ts';

const INDEXES = 256;

/** The lowest number no namespace, link or control group of ours carries. */
export const freeNetworkIndex = (): number => {
  const taken = new Set(
    leftovers()
      .filter(({ kind }) => kind === 'netns' || kind === 'link' || kind === 'cgroup')
      .map(({ name }) => /sw(\d+)-/.exec(name)?.[1]),
  );
  for (let index = 0; index < INDEXES; index += 1) {
    if (!taken.has(String(index))) return index;
  }
  throw new Error('all 256 networks are taken: run `down` for clusters that are no longer used');
};
