import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countResults, run } from './run-tier.ts';
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
  const unit = { name: 'unit', code: 0 };
  const cases = [
    {
      name: 'counts tests',
      given: results({ numPassedTests: 3, numFailedTests: 1 }),
      run: { ...unit, code: 1 },
      want: { passed: 3, failed: 1 },
    },
    {
      name: 'counts a skipped test as failed',
      given: results({ numPassedTests: 3, numPendingTests: 2 }),
      run: unit,
      want: { passed: 3, failed: 2 },
    },
    {
      name: 'counts a suite that could not be loaded',
      given: results({ numPassedTests: 3, numRuntimeErrorTestSuites: 1 }),
      run: { ...unit, code: 1 },
      want: { passed: 3, failed: 1 },
    },
    { name: 'fails a run without tests', given: results({}), run: unit, want: { passed: 0, failed: 1 } },
    {
      name: 'fails a run that failed after its tests',
      given: results({ numPassedTests: 3 }),
      run: { ...unit, code: 1 },
      want: { passed: 3, failed: 1 },
    },
  ];
  it.each(cases)('$name', ({ given, run, want }) => {
    expect(countResults(given, run)).toMatchObject(want);
  });

  it('fails a run without results, and says why', () => {
    const counted = countResults(undefined, { name: 'e2e', code: 1 });
    expect(counted).toMatchObject({ passed: 0, failed: 1 });
    expect(counted.failures[0]).toContain('could not run');
  });
});

describe('running a command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'run-tier-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const node = (code: string, done?: { output: string; lingeringMaxMs: number }) =>
    run(process.execPath, ['-e', code], done && { done });

  it('gives its exit code', async () => {
    expect(await node('process.exit(3)')).toBe(3);
  });
  it('kills one that has written its results and does not end; it has failed', async () => {
    const output = join(folder, 'result.json');
    const code = `fs.writeFileSync(${JSON.stringify(output)}, '{}'); setInterval(() => {}, 1000)`;
    expect(await node(code, { output, lingeringMaxMs: 100 })).not.toBe(0);
  });
  it('lets one work that has not written them', async () => {
    const output = join(folder, 'never.json');
    expect(await node('setTimeout(() => {}, 500)', { output, lingeringMaxMs: 50 })).toBe(0);
  });
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
