import { describe, expect, it } from '@jest/globals';
import type { FaultPlayed } from '../../e2e/support/fault-cases.ts';
import { median, renderMarkdown } from './table.ts';

const run = (over: Partial<FaultPlayed>): FaultPlayed =>
  ({
    outcome: 'RolledBack',
    reason: 'ChecksFailed',
    secondsExposed: 9,
    failed: 11,
    requests: 300,
    ...over,
  }) as FaultPlayed;

describe('the table of the faults', () => {
  it('shows medians with their spread, and the prediction beside them', () => {
    const runs = [
      run({ secondsToZero: 5, failed: 10 }),
      run({ secondsToZero: 9, failed: 11 }),
      run({ secondsToZero: 6, failed: 14 }),
    ];
    const prediction = { seconds: 5.24, badResponses: 12 };
    const [, , row] = renderMarkdown([{ name: 'all fail', runs, prediction }]).split('\n');
    expect(row).toBe(
      '| all fail | 3 | RolledBack | ChecksFailed | 9.0 | 6.0 (5.0 to 9.0) | 5.2 | 11 (10 to 14) | 12 | 300 |',
    );
  });

  it('hides no run that ended otherwise, and shows a dash for what was not seen', () => {
    const runs = [run({}), run({ outcome: 'Promoted' })];
    const [, , row] = renderMarkdown([{ name: 'slow', runs }]).split('\n');
    expect(row).toContain('1 x RolledBack, 1 x Promoted');
    expect(row).toContain('| - | - |');
  });
});

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[], Number.POSITIVE_INFINITY],
  ])('of %j is %d', (values, want) => {
    expect(median(values)).toBe(want);
  });
});
