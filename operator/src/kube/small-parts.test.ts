// The parts of this folder that are too small for a test file of their own.

import { describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';

import { createManualClock } from '../lib/manual-clock.ts';
import { errorFromAnswer } from './api-error.ts';
import { createBackoff } from './backoff.ts';
import { createInterner } from './intern.ts';
import { createLineSplitter } from './line-splitter.ts';
import { compareResourceVersions, hasReached } from './resource-version.ts';
import { createTokenBuckets } from './token-buckets.ts';

// For machines that are busy; nothing here waits for time to pass.
jest.setTimeout(60_000);

describe('resource versions', () => {
  it.each([
    ['9', '10', 'older'],
    ['10', '9', 'newer'],
    ['100', '100', 'equal'],
    ['123', '124', 'older'],
    ['18446744073709551615', '18446744073709551616', 'older'],
    ['', '1', 'unordered'],
    ['1', '', 'unordered'],
    ['0', '1', 'unordered'],
    ['01', '1', 'unordered'],
    ['1a', '2', 'unordered'],
  ])('%s to %s: %s', (a, b, order) => {
    expect(compareResourceVersions(a, b)).toBe(order);
  });

  it('orders numbers of any size as numbers', () => {
    const version = fc.bigInt({ min: 1n, max: 2n ** 80n });
    fc.assert(
      fc.property(version, version, (a, b) => {
        const wanted = a === b ? 'equal' : a < b ? 'older' : 'newer';
        expect(compareResourceVersions(String(a), String(b))).toBe(wanted);
        expect(hasReached(String(a), String(b))).toBe(a >= b);
      }),
    );
  });
});

describe('line splitter', () => {
  it('gives the same lines however the bytes are cut, characters included', () => {
    const line = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ''));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(40)), (wanted, cuts) => {
        let bytes = Buffer.from(wanted.map((each) => `${each.toWellFormed()}\n`).join(''));
        const splitter = createLineSplitter(10_000);
        const lines: string[] = [];
        for (const size of [...cuts, bytes.length]) {
          for (const each of splitter.push(bytes.subarray(0, size))) lines.push(each.toString());
          bytes = bytes.subarray(size);
        }
        expect(lines).toEqual(wanted.map((each) => each.toWellFormed()));
      }),
    );
  });

  it('refuses a line that would fill the memory', () => {
    const splitter = createLineSplitter(10);
    expect(splitter.push(Buffer.from('1234567\n1234567\n12345'))).toHaveLength(2);
    expect(() => splitter.push(Buffer.from('678901'))).toThrow('a line is longer than 10 bytes');
  });
});

describe('interner', () => {
  it('gives back equal texts, and holds no more than it may', () => {
    const interner = createInterner({ maxEntries: 2, maxLength: 3 });
    for (const text of ['a', 'b', 'a', 'c', 'long text']) expect(interner.intern(text)).toBe(text);
    expect(interner.size).toBeLessThanOrEqual(2);
  });
});

describe('backoff', () => {
  it('doubles up to its bound, with jitter on top, until it is reset', () => {
    const backoff = createBackoff({ firstMs: 800, longestMs: 30_000, random: () => 0.5 });
    const waitsMs = Array.from({ length: 8 }, () => backoff.nextMs());
    expect(waitsMs).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    backoff.reset();
    expect(backoff.nextMs()).toBe(1000);
  });
});

describe('token buckets', () => {
  it('give so many at once, then one per interval, each key its own', () => {
    const clock = createManualClock();
    const buckets = createTokenBuckets({ clock, capacity: 2, refillMsPerToken: 100, maxKeys: 2 });
    const take = (key: string, times: number) =>
      Array.from({ length: times }, () => buckets.take(key));
    expect(take('a', 3)).toEqual([true, true, false]);
    expect(take('b', 1)).toEqual([true]);
    clock.advance(100);
    expect(take('a', 2)).toEqual([true, false]);
    clock.advance(10_000);
    expect(take('a', 3)).toEqual([true, true, false]);
  });

  it('forget the key that was unused for longest', () => {
    const clock = createManualClock();
    const buckets = createTokenBuckets({ clock, capacity: 1, refillMsPerToken: 1e9, maxKeys: 2 });
    expect(['a', 'b', 'a', 'c', 'a', 'b'].map((key) => buckets.take(key))).toEqual([
      true, true, false, true, false, true,
    ]);
  });
});

describe('api errors', () => {
  it.each([
    [400, 'BadRequest', 'other'],
    [401, 'Unauthorized', 'unauthorized'],
    [403, 'Forbidden', 'forbidden'],
    [404, 'NotFound', 'notFound'],
    [409, 'AlreadyExists', 'alreadyExists'],
    [409, 'Conflict', 'conflict'],
    [410, 'Expired', 'expired'],
    [422, 'Invalid', 'invalid'],
    [429, 'TooManyRequests', 'tooManyRequests'],
    [500, 'InternalError', 'server'],
    [503, 'ServiceUnavailable', 'server'],
    [504, 'Timeout', 'timeout'],
  ])('%d %s is %s', (status, reason, code) => {
    const body = JSON.stringify({ kind: 'Status', reason, message: 'because' });
    expect(errorFromAnswer({ status, body, what: 'GET /x' })).toMatchObject({
      status, reason, code, message: `GET /x: ${status} ${reason}: because`,
    });
  });

  it.each([
    ['a header in seconds', { body: '', retryAfter: '7' }, 7000],
    ['the body', { body: '{"details":{"retryAfterSeconds":3}}' }, 3000],
    ['a header that is a date, which nobody sends', { body: '', retryAfter: 'Sat, 21 Nov 2026' }, undefined],
    ['neither', { body: '{}' }, undefined],
  ])('reads how long to stay away from %s', (_, answer, wanted) => {
    expect(errorFromAnswer({ status: 429, what: 'GET /x', ...answer }).retryAfterMs).toBe(wanted);
  });
});
