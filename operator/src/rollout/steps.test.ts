import { describe, expect, it } from '@jest/globals';
import { indexForShare, planAt, weightAt } from './steps.ts';
import { release } from './testing/builders.ts';

const specOf = (...steps: Parameters<ReturnType<typeof release>['steps']>) => {
  const { spec } = release().steps(...steps).build().release;
  if (spec.kind === 'invalid') throw new Error('invalid');
  return spec.value;
};
const SPEC = specOf({ weight: 20 }, { pause: {} }, { weight: 50 }, { pause: { seconds: 5 } }, { verify: {} });

describe('the steps', () => {
  it('are read one by one, and end with everything', () => {
    expect([0, 1, 2, 3, 4, 5, 99].map((index) => planAt(SPEC, index).kind)).toEqual([
      'weight', 'pause', 'weight', 'pause', 'verify', 'finish', 'finish',
    ]);
    expect(planAt(SPEC, 3)).toEqual({ kind: 'pause', seconds: 5 });
  });

  it('hold the weight of the last weight step', () => {
    expect([0, 1, 2, 3, 4, 5].map((index) => weightAt(SPEC, index))).toEqual([20, 20, 50, 50, 50, 100]);
    expect(weightAt(specOf({ pause: {} }, { weight: 5 }), 0)).toBe(0);
  });
});

describe('where to go on when only the share is known', () => {
  it.each([[0, 0], [19, 0], [20, 0], [49, 0], [50, 2], [100, 2]])('%d %% is step %d', (share, index) => {
    expect(indexForShare(SPEC, share)).toBe(index);
  });

  it('of two steps with one weight the first: what stands between them may not have been passed', () => {
    expect(indexForShare(specOf({ weight: 20 }, { verify: {} }, { weight: 20 }, { weight: 50 }), 20)).toBe(0);
  });
});
