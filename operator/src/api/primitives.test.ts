import { describe, expect, it } from '@jest/globals';
import { canaryServiceName, replicaSetName, stableServiceName } from './labels.ts';
import { fractionOf, podsOf } from './primitives.ts';

describe('pods of a number or a percentage', () => {
  it.each([
    [3, 10, 'up', 3],
    ['25%', 10, 'up', 3],
    ['25%', 10, 'down', 2],
    ['100%', 7, 'down', 7],
    ['1%', 1, 'up', 1],
    ['1%', 1, 'down', 0],
    ['50%', 0, 'up', 0],
  ] as const)('%s of %d rounded %s are %d', (...row) => {
    const [value, replicas, round, want] = row;
    expect(podsOf(value, replicas, round)).toBe(want);
  });
});

describe('a percentage', () => {
  it.each([
    ['0.1%', 0.001],
    ['100%', 1],
    ['25%', 0.25],
  ])('%s is %d', (text, fraction) => {
    expect(fractionOf(text)).toBeCloseTo(fraction, 12);
  });
});

describe('names', () => {
  it('fit what Kubernetes allows for the longest name of a release', () => {
    const release = 'a'.repeat(52);
    expect(
      Math.max(stableServiceName(release).length, canaryServiceName(release).length),
    ).toBeLessThanOrEqual(63);
    expect(replicaSetName(release, 12_345, 'abcdefghij').length).toBeLessThanOrEqual(253);
  });

  it('of a ReplicaSet are none that a Deployment would take for its own', () => {
    expect(replicaSetName('shop', 7, 'abc')).toBe('shop-r7-abc');
  });
});
