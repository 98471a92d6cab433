import { describe, expect, it } from '@jest/globals';
import { DEFAULT_PARAMS } from './params.ts';
import { initialRescue, isStableWorse, stepRescue } from './rescue.ts';

function worseAfter(polls: number, errors: { canary: number; stable: number }): boolean {
  let state = initialRescue();
  for (let poll = 0; poll < polls; poll += 1) {
    const counts = {
      canary: { requests: 5, errors: errors.canary },
      stable: { requests: 95, errors: errors.stable },
    };
    state = stepRescue(state, counts, DEFAULT_PARAMS);
  }
  return isStableWorse(state, DEFAULT_PARAMS);
}

describe('isStableWorse', () => {
  it('is shown by a stable that fails while the canary does not', () => {
    expect(worseAfter(30, { canary: 0, stable: 40 })).toBe(true);
  });

  it('is not shown where both fail alike, or the canary more', () => {
    expect(worseAfter(300, { canary: 2, stable: 38 })).toBe(false);
    expect(worseAfter(300, { canary: 5, stable: 38 })).toBe(false);
  });
});
