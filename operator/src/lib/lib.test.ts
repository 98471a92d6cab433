import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { assert, assertNever } from './assert.ts';
import { sleep, systemClock } from './clock.ts';
import { formatDuration, millis, parseDuration } from './duration.ts';
import { createManualClock } from './manual-clock.ts';
import { err, ok } from './result.ts';

describe('durations', () => {
  it.each([
    ['90s', 90_000],
    ['1m30s', 90_000],
    ['1h', 3_600_000],
    ['1.5s', 1500],
    ['250ms', 250],
    ['1h2m3s4ms', 3_723_004],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toEqual(ok(ms));
  });

  it.each(['', '5', 's', '1x', '-1s', '30s1m', '1 s', '1m 30s'])('refuses "%s" in a sentence', (text) => {
    const message = `"${text}" is not a duration; write it like 90s, 1m30s or 250ms`;
    expect(parseDuration(text)).toEqual(err(message));
  });

  it('refuses one beyond counting', () => {
    expect(parseDuration('99999999999999h').kind).toBe('error');
  });

  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.nat(1e10), (ms) => {
        expect(parseDuration(formatDuration(millis(ms)))).toEqual(ok(ms));
      }),
    );
  });

  it('are never negative or endless', () => {
    expect(() => millis(-1)).toThrow('not a duration');
    expect(() => millis(Infinity)).toThrow('not a duration');
  });
});

describe('assertions', () => {
  it('throw what is wrong, and nothing else', () => {
    expect(() => assert(false, 'weights sum to 100')).toThrow('weights sum to 100');
    expect(() => assert(true, 'fine')).not.toThrow();
    expect(() => assertNever('x' as never)).toThrow('unexpected value: "x"');
  });
});

describe('manual clock', () => {
  it('runs timers in the order they are due, each at its time', () => {
    const clock = createManualClock();
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name} at ${clock.monotonic()}`);
    clock.setTimer(note('late'), 20);
    clock.setTimer(() => {
      note('early')();
      clock.setTimer(note('nested'), 5);
    }, 10);
    clock.setTimer(note('never'), 15).cancel();
    clock.advance(19);
    expect(seen).toEqual(['early at 10', 'nested at 15']);
    clock.advance(1);
    expect(seen.at(-1)).toBe('late at 20');
    expect(clock.pending()).toBe(0);
  });

  it('runs no timer while frozen, and all that are due when thawed', () => {
    const clock = createManualClock();
    let ran = 0;
    clock.setTimer(() => {
      ran += 1;
    }, 10);
    clock.freeze(100);
    expect([ran, clock.monotonic()]).toEqual([0, 100]);
    clock.advance(0);
    expect([ran, clock.monotonic()]).toEqual([1, 100]);
  });
});

describe('sleep', () => {
  it('ends at its time, or when its signal aborts, and leaves no timer', async () => {
    const clock = createManualClock();
    const abort = new AbortController();
    const ended: string[] = [];
    const sleeps = [
      sleep(clock, { ms: 10 }).then(() => ended.push('time')),
      sleep(clock, { ms: 1000, signal: abort.signal }).then(() => ended.push('abort')),
    ];
    clock.advance(10);
    abort.abort();
    await Promise.all(sleeps);
    await sleep(clock, { ms: 1000, signal: abort.signal });
    expect(ended).toEqual(['time', 'abort']);
    expect(clock.pending()).toBe(0);
  });
});

describe('system clock', () => {
  it('goes on, and does not fire a far timer at once', async () => {
    const before = systemClock.monotonic();
    let fired = false;
    const far = systemClock.setTimer(() => {
      fired = true;
    }, 2 ** 40);
    await new Promise<void>((resolve) => void systemClock.setTimer(resolve, 1));
    far.cancel();
    expect(fired).toBe(false);
    expect(systemClock.monotonic()).toBeGreaterThan(before);
    expect(systemClock.now()).toBeGreaterThan(Date.UTC(2026, 0, 1));
  });
});
