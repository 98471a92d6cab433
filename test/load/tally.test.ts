// Counting: what failed, who answered, and when it first went wrong.
import { describe, expect, it } from '@jest/globals';

import type { Exchange } from './exchange.ts';
import { createLatencyHistogram } from './latency-histogram.ts';
import { createTally } from './tally.ts';

const answered = (version: string, status: number): Exchange => ({
  kind: 'answered',
  version,
  status,
  body: undefined,
  latencyMs: 1,
});

describe('the tally', () => {
  it('counts per version, and knows the first bad response of each', () => {
    let time = 1_000;
    const tally = createTally(() => (time += 1));
    tally.add(answered('1', 200), 'expected');
    tally.add(answered('2', 500), 'unexpected');
    tally.add(answered('2', 200), 'expected');
    tally.add(answered('2', 503), 'unexpected');
    expect(tally.figures()).toMatchObject({
      requests: 4,
      serverErrors: 2,
      failed: 2,
      firstBadAt: 1_002,
      lastBadAt: 1_004,
      versions: {
        '1': {
          requests: 1,
          serverErrors: 0,
          firstResponseAt: 1_001,
          lastResponseAt: 1_001,
          firstBadAt: undefined,
        },
        '2': {
          requests: 3,
          serverErrors: 2,
          firstResponseAt: 1_002,
          lastResponseAt: 1_004,
          firstBadAt: 1_002,
          lastBadAt: 1_004,
        },
      },
    });
  });

  it('tells the kinds of failure apart; a 404 for what exists is one of them', () => {
    const tally = createTally(() => 0);
    tally.add({ kind: 'timeout', latencyMs: 5 }, 'unexpected');
    tally.add({ kind: 'connectionError', code: 'ECONNRESET', latencyMs: 5 }, 'unexpected');
    tally.add(answered('unknown', 404), 'unexpected');
    tally.add(answered('1', 422), 'expected');
    expect(tally.figures()).toMatchObject({
      requests: 4,
      timeouts: 1,
      connectionErrors: 1,
      unexpected: 1,
      serverErrors: 0,
      failed: 3,
      errorCodes: { ECONNRESET: 1, timeout: 1, 'HTTP 404': 1 },
    });
  });

  it('stays small whatever versions and codes it is told', () => {
    const tally = createTally(() => 0);
    for (let index = 0; index < 1_000; index += 1) {
      tally.add(answered(`v${index}`, 200), 'expected');
      tally.add({ kind: 'connectionError', code: `E${index}`, latencyMs: 1 }, 'unexpected');
    }
    const { versions, errorCodes, requests } = tally.figures();
    expect(Object.keys(versions).length).toBeLessThanOrEqual(33);
    expect(Object.keys(errorCodes).length).toBeLessThanOrEqual(32);
    expect(requests).toBe(2_000);
  });
});

describe('the latency histogram', () => {
  it('gives percentiles to within five percent', () => {
    const histogram = createLatencyHistogram();
    for (let ms = 1; ms <= 1_000; ms += 1) histogram.add(ms);
    for (const [share, want] of [
      [0.5, 500],
      [0.99, 990],
      [1, 1_000],
    ] as const) {
      const found = histogram.percentileMs(share);
      expect(found).toBeGreaterThanOrEqual(want);
      expect(found).toBeLessThanOrEqual(want * 1.05);
    }
  });

  it('has an answer for nothing at all and for more than it can hold', () => {
    const histogram = createLatencyHistogram();
    expect(histogram.percentileMs(0.99)).toBe(0);
    histogram.add(1e12);
    expect(histogram.percentileMs(0.99)).toBeGreaterThan(10_000);
  });
});
