import { describe, expect, it } from '@jest/globals';
import { mergedLogEvidence, signalWeights } from './merge.ts';

describe('signalWeights', () => {
  it('gives all to errors alone, and half of it beside the others', () => {
    expect(signalWeights(['errors'])).toEqual({ errors: 1, latency: 0, restarts: 0 });
    expect(signalWeights(['errors', 'latency', 'restarts'])).toEqual({
      errors: 0.5,
      latency: 0.25,
      restarts: 0.25,
    });
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
