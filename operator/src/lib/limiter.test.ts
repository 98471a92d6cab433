import { describe, expect, it } from '@jest/globals';
import { createLimiter } from './limiter.ts';

describe('a limiter', () => {
  it('runs no more at a time than it may, all of them, and in their order', async () => {
    const limited = createLimiter(3);
    let running = 0;
    let most = 0;
    const begun: number[] = [];
    const work = (n: number) => async () => {
      begun.push(n);
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return n;
    };
    const all = Array.from({ length: 20 }, (_, n) => n);
    expect(await Promise.all(all.map((n) => limited(work(n))))).toEqual(all);
    expect(most).toBe(3);
    expect(begun).toEqual(all);
  });

  it('gives the place of what failed to the next', async () => {
    const limited = createLimiter(1);
    const failed = limited(() => Promise.reject(new Error('no')));
    const next = limited(() => Promise.resolve('done'));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('done');
  });
});
