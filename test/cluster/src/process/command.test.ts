import { describe, expect, it } from '@jest/globals';

import { run } from './command.ts';
import { withLock } from './lock.ts';

describe('run', () => {
  it('returns the output and hands over input and environment', async () => {
    expect(await run('sh', ['-c', 'cat; echo $WHO; echo noise >&2'], { input: 'in\n', env: { WHO: 'me' } })).toBe('in\nme\n');
  });

  it('fails with the command, its code and its last lines', async () => {
    const failing = run('sh', ['-c', 'for i in $(seq 30); do echo line $i; done; exit 3']);
    await expect(failing).rejects.toThrow(/ended with code 3\nline 11\n(line \d+\n)*line 30$/);
  });

  it('names a program that does not exist, and keeps nobody waiting for it', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    await expect(run('/no/such/program', [])).rejects.toThrow(/\/no\/such\/program.*ENOENT/s);
    expect(timers()).toBe(before);
  });

  it('ends a program that takes too long', async () => {
    await expect(run('sleep', ['60'], { timeoutMs: 50 })).rejects.toThrow('ended with SIGKILL');
  });
});

describe('withLock', () => {
  it('lets one worker in at a time, and the next one after a failure', async () => {
    let inside = 0;
    let most = 0;
    const work = (fails: boolean) => withLock('test of the lock', 60_000, async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside -= 1;
      if (fails) throw new Error('work failed');
    });
    const results = await Promise.allSettled([work(false), work(true), work(false)]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(most).toBe(1);
  });
});
