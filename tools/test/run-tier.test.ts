import { describe, expect, it } from '@jest/globals';
import { countResults } from './run-tier.ts';
import { chooseTiers, TIERS } from './tiers.ts';

const results = (fields: object) => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [],
  ...fields,
});

describe('counting a tier', () => {
  const cases: Record<string, { given: Parameters<typeof countResults>; wantPassed: number; wantFailed: number }> = {
    'counts tests': { given: [results({ numPassedTests: 3, numFailedTests: 1 }), { name: 'unit', code: 1 }], wantPassed: 3, wantFailed: 1 },
    'counts a skipped test as failed': { given: [results({ numPassedTests: 3, numPendingTests: 2 }), { name: 'unit', code: 0 }], wantPassed: 3, wantFailed: 2 },
    'counts a suite that could not be loaded': { given: [results({ numPassedTests: 3, numRuntimeErrorTestSuites: 1 }), { name: 'unit', code: 1 }], wantPassed: 3, wantFailed: 1 },
    'fails a run without results': { given: [undefined, { name: 'e2e', code: 1 }], wantPassed: 0, wantFailed: 1 },
    'fails a run without tests': { given: [results({}), { name: 'e2e', code: 0 }], wantPassed: 0, wantFailed: 1 },
    'fails a run that failed after its tests': { given: [results({ numPassedTests: 3 }), { name: 'e2e', code: 1 }], wantPassed: 3, wantFailed: 1 },
  };
  for (const [name, { given, wantPassed, wantFailed }] of Object.entries(cases)) {
    it(name, () => {
      const { passed, failed, failures } = countResults(...given);
      expect({ passed, failed }).toEqual({ passed: wantPassed, failed: wantFailed });
      if (given[0] === undefined) expect(failures[0]).toContain('could not run');
    });
  }
});

describe('choosing tiers', () => {
  it('takes all without arguments, in their order', () => {
    expect(chooseTiers([]).tiers).toEqual(TIERS);
  });
  it('takes the named ones', () => {
    expect(chooseTiers(['unit', 'lint']).tiers.map((tier) => tier.name)).toEqual(['lint', 'unit']);
  });
  it('leaves out by name, and says so', () => {
    const { tiers, without } = chooseTiers(['--without', 'e2e']);
    expect(tiers.map((tier) => tier.name)).not.toContain('e2e');
    expect(without).toEqual(['e2e']);
  });
  it('names the known tiers when one is unknown', () => {
    expect(() => chooseTiers(['unti'])).toThrow(/"unti".*unit/);
  });
});
