import { describe, expect, it } from '@jest/globals';
import { specForHandBack, workloadName } from './hand-back-spec.ts';

const workloadRef = { name: 'web' };
const traffic = { service: 'web', gateway: { routeRef: { name: 'shop', rule: 'main' } } };
const strategy = { canary: { steps: [{ weight: 5 }] } };

describe('what hand-back needs of a specification that makes no sense', () => {
  it.each([
    ['checks', { workloadRef, traffic, strategy, checks: { falseRollbackRate: 'often' } }],
    ['the strategy', { workloadRef, traffic, strategy: { canary: { steps: [{ jump: 5 }] } } }],
    ['replicas that are no number', { workloadRef, traffic, strategy, replicas: 'many' }],
    ['a template besides', { workloadRef, template: {}, traffic, strategy }],
  ])('is found in spite of %s', (_name, spec) => {
    const parsed = specForHandBack(spec);
    expect(parsed).toMatchObject({ kind: 'valid', value: { workloadRef } });
    expect(workloadName(spec)).toBe('web');
  });

  it('keeps the traffic, where that can be read', () => {
    const spec = { workloadRef, traffic, strategy, checks: 3 };
    expect(specForHandBack(spec)).toMatchObject({ value: { traffic } });
    expect(specForHandBack({ ...spec, traffic: 3 })).toMatchObject({ value: { workloadRef } });
  });

  it('keeps the wish to delete', () => {
    const spec = { workloadRef, strategy, checks: 3, replicas: -1, deletionPolicy: 'Delete' };
    expect(specForHandBack(spec)).toMatchObject({ value: { deletionPolicy: 'Delete' } });
  });

  it('is nothing without a workload', () => {
    expect(specForHandBack({ strategy })).toBeUndefined();
  });
});
