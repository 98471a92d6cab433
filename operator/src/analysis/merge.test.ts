import { describe, expect, it } from '@jest/globals';
import { mergedLogEvidence, signalWeights } from './merge.ts';

describe('signalWeights', () => {
  it('gives all to errors alone, and half of it beside the others', () => {
    expect(signalWeights(['errors'])).toEqual([1]);
    expect(signalWeights(['errors', 'latency', 'restarts', 'readiness'])).toEqual([
      0.5, 0.25, 0.125, 0.125,
    ]);
  });

  it('lets the pairs of the user share one weight, however many there are', () => {
    const [errors, ...pairs] = signalWeights(['errors', 'counter:a', 'counter:b']);
    expect(errors).toBeCloseTo(2 / 3, 12);
    expect(pairs).toEqual([1 / 6, 1 / 6]);
  });
});

describe('mergedLogEvidence', () => {
  it('is the weighted mean of the evidence', () => {
    const merged = mergedLogEvidence([
      { signal: 'errors', weight: 0.5, logEvidence: Math.log(10) },
      { signal: 'latency', weight: 0.25, logEvidence: Math.log(4) },
      { signal: 'restarts', weight: 0.25, logEvidence: Math.log(800) },
    ]);
    expect(Math.exp(merged)).toBeCloseTo(5 + 1 + 200, 9);
  });

  it('does not overflow', () => {
    const merged = mergedLogEvidence([
      { signal: 'errors', weight: 0.5, logEvidence: 5000 },
      { signal: 'latency', weight: 0.5, logEvidence: -5000 },
    ]);
    expect(merged).toBeCloseTo(5000 + Math.log(0.5), 9);
  });
});
