import { describe, expect, it } from '@jest/globals';
import {
  type CeilingState,
  ceilingOf,
  initialCeiling,
  initialUsual,
  isCalm,
  stepCeiling,
  stepUsual,
} from './ceiling.ts';

function after(polls: number, rate: number, from = initialCeiling()): CeilingState {
  let state = from;
  for (let poll = 0; poll < polls; poll += 1) {
    state = stepCeiling(state, { requests: 100, errors: 100 * rate }, 0.05);
  }
  return state;
}

describe('stepCeiling', () => {
  it('notices an outage in a poll, and its end in a few', () => {
    const out = after(1, 0.5);
    expect(out.kind).toBe('above');
    expect(after(100, 1).kind).toBe('above');
    expect(after(2, 0, after(100, 1)).kind).toBe('below');
  });

  it('stays below at the ceiling, however long', () => {
    expect(after(1000, 0.05).kind).toBe('below');
  });

  it('is calm after three polls without a sign of trouble, and not at the first sign', () => {
    expect(isCalm(after(2, 0))).toBe(false);
    expect(isCalm(after(3, 0))).toBe(true);
    const sign = after(1, 0.1, after(100, 0));
    expect(sign.kind).toBe('below');
    expect(isCalm(sign)).toBe(false);
  });

  it('does not flap on the way down', () => {
    const nearlyWell = after(3, 0.03, after(1, 0.5));
    expect(nearlyWell.level).toBeLessThan(Math.log(20));
    expect(nearlyWell.kind).toBe('above');
  });
});

describe('ceilingOf', () => {
  const usual = (rate: number): number => {
    let state = initialUsual();
    for (let poll = 0; poll < 200; poll += 1) {
      state = stepUsual(state, { requests: 100, errors: 100 * rate });
    }
    return ceilingOf(state, 0.05);
  };

  it('is twice the usual rate, between 1 % and the highest', () => {
    expect(usual(0)).toBe(0.01);
    expect(usual(0.01)).toBeCloseTo(0.02, 3);
    expect(usual(0.04)).toBe(0.05);
  });

  it('is the highest while nothing is known, and learns nothing from silence', () => {
    const silent = stepUsual(initialUsual(), { requests: 0, errors: 0 });
    expect(ceilingOf(silent, 0.05)).toBe(0.05);
  });
});
