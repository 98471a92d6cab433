import { describe, expect, it } from '@jest/globals';
import { median } from './median.ts';
import { predict, type Prediction } from './predict.ts';
import { type KeptRun, renderMarkdown } from './table.ts';

const run = (over: Partial<KeptRun>): KeptRun => ({
  outcome: 'RolledBack',
  reason: 'ChecksFailed',
  secondsExposed: 9,
  failed: 11,
  requests: 300,
  p50Ms: 8,
  p99Ms: 30,
  ...over,
});
const PREDICTION: Prediction = { outcome: 'RolledBack', exposedSeconds: 10, badResponses: 12 };
const WHEN = '2026-11-28, abc';

describe('the table of the faults', () => {
  it('shows medians with their spread, and the prediction beside them', () => {
    const runs = [
      run({ secondsToZero: 5, failed: 10 }),
      run({ secondsToZero: 9, failed: 11 }),
      run({ secondsToZero: 6, failed: 14 }),
    ];
    const prediction = { ...PREDICTION, seconds: 5.24 };
    const [, , row] = renderMarkdown([{ name: 'all fail', when: WHEN, runs, prediction }]).split('\n');
    expect(row).toBe(
      '| all fail | 3 | RolledBack | ChecksFailed | RolledBack | 9.0 | 10.0 | 6.0 (5.0 to 9.0) | 5.2 ' +
        '| 11 (10 to 14) | 12 | 300 | 2026-11-28, abc |',
    );
  });

  it('hides no run that ended otherwise, and shows a dash for what was not seen', () => {
    const runs = [run({}), run({ outcome: 'Promoted' })];
    const [, , row] = renderMarkdown([{ name: 'slow', when: WHEN, runs, prediction: PREDICTION }]).split('\n');
    expect(row).toContain('1 x RolledBack, 1 x Promoted');
    expect(row).toContain('| - | - |');
  });
});

describe('the prediction', () => {
  const PACE = { p50Ms: 8, p99Ms: 40 };
  it.each([
    ['allFail', { outcome: 'RolledBack' }, 5],
    ['fifthFails', { outcome: 'RolledBack' }, 20],
    ['doubledLatency', { outcome: 'RolledBack', badResponses: 0 }, 60],
    // The second crash: one may be an accident.
    ['crashEachMinute', { outcome: 'RolledBack', exposedSeconds: 120 }, 120],
    ['noTraffic', { outcome: 'Promoted', badResponses: 0 }, 60],
  ] as const)('of %s', (name, want, secondsAtMost) => {
    const predicted = predict(name, PACE);
    expect(predicted).toMatchObject(want);
    expect(predicted.exposedSeconds).toBeLessThanOrEqual(secondsAtMost);
  });
  it('of a database that is gone: nothing is promoted before it is back', () => {
    const predicted = predict('databaseOutage', PACE);
    expect(predicted.outcome).toBe('Promoted');
    expect(predicted.exposedSeconds).toBeGreaterThan(25 + 20);
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
