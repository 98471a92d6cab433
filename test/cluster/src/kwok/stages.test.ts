import { describe, expect, it } from '@jest/globals';

import { BEHAVIOURS, BEHAVIOUR_LABEL, kwokStages } from './stages.ts';

type Rule = { readonly key: string; readonly operator: string; readonly values?: readonly string[] };

type Stage = {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector: { readonly matchExpressions: readonly Rule[] };
    readonly next: { readonly statusTemplate?: string; readonly delete?: boolean };
  };
};

const stages = kwokStages() as readonly Stage[];
const labelRule = (stage: Stage) =>
  stage.spec.selector.matchExpressions.find(({ key }) => key.includes(BEHAVIOUR_LABEL));

describe('stages of fake pods', () => {
  it('have names of their own', () => {
    const names = stages.map((stage) => stage.metadata.name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('let a misbehaving pod go through its own stages only', () => {
    for (const behaviour of BEHAVIOURS) {
      const own = stages
        .map(labelRule)
        .filter((rule) => rule?.operator === 'In' && rule.values?.includes(behaviour) === true);
      expect(own.length).toBeGreaterThan(0);
    }
    const ready = stages.find((stage) => stage.metadata.name === 'pod-ready');
    expect(ready && labelRule(ready)).toMatchObject({ operator: 'NotIn', values: [...BEHAVIOURS] });
  });

  it('never give a pod a second address', () => {
    const templates = stages.map(({ spec }) => spec.next.statusTemplate ?? '');
    const withAddress = templates.filter((template) => template.includes('podIPs:'));
    expect(withAddress.length).toBeGreaterThan(8);
    const guarded = withAddress.filter((template) => template.includes('{{ if not .status.podIP }}'));
    expect(guarded).toEqual(withAddress);
  });

  it('leave no placeholder in a template', () => {
    for (const { spec } of stages) expect(spec.next.statusTemplate ?? '').not.toMatch(/%|undefined/);
  });

  it('delete a pod of any behaviour', () => {
    const removal = stages.find((stage) => stage.spec.next.delete === true);
    expect(removal?.spec.selector.matchExpressions).toEqual([{ key: '.metadata.deletionTimestamp', operator: 'Exists' }]);
  });
});
