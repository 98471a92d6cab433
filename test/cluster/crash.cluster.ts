// A starter that dies half way: what it had begun is ended from the recorded state alone.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from '@jest/globals';

import { down } from './src/down.ts';
import { leftovers } from './src/leftovers.ts';
import { REPOSITORY } from './src/paths.ts';
import { waitFor } from './src/process/wait.ts';
import { readState } from './src/state.ts';
import { sweepAbandoned } from './src/sweep.ts';

const NAME = 'crash-test';

/** Starts a node tier in another process. */
const startElsewhere = (isEphemeral: boolean): ChildProcess => {
  const module = join(REPOSITORY, 'test/cluster/src/node-tier.ts');
  const script = `
    import { startNodeTier } from ${JSON.stringify(module)};
    await startNodeTier({ name: ${JSON.stringify(NAME)}, isEphemeral: ${isEphemeral} });`;
  const node = join(REPOSITORY, 'node_modules/.bin/node');
  return spawn(node, ['--input-type=module', '-e', script], { stdio: 'ignore' });
};

const killWhenStarted = async (starter: ChildProcess, program: string): Promise<string> => {
  await waitFor({
    what: `the starter to record ${program}`,
    deadlineMs: 240_000,
    everyMs: 5,
    hopeless: () => (starter.exitCode === null ? undefined : `it ended with ${starter.exitCode}`),
    check: () => (readState(NAME)?.daemons.some(({ name }) => name === program) === true ? true : undefined),
  });
  const ended = new Promise((resolve) => {
    starter.once('exit', resolve);
  });
  starter.kill('SIGKILL');
  await ended;
  return readState(NAME)?.network?.prefix ?? 'no prefix';
};

describe('a starter that is killed', () => {
  afterEach(() => down(NAME));

  it.each(['node-unshare', 'etcd', 'containerd', 'kubelet'])('right after %s leaves nothing that down misses', async (program) => {
    const prefix = await killWhenStarted(startElsewhere(false), program);
    expect(leftovers({ name: NAME, prefix })).not.toEqual([]);
    expect(await down(NAME)).toEqual([]);
    expect(leftovers({ name: NAME, prefix })).toEqual([]);
  });

  it('is cleaned up after by the next start, when it was a test run', async () => {
    const prefix = await killWhenStarted(startElsewhere(true), 'kubelet');
    await sweepAbandoned();
    expect(leftovers({ name: NAME, prefix })).toEqual([]);
    expect(readState(NAME)).toBeUndefined();
  });
});
