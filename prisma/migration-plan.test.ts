// What the runner makes of files and recorded migrations.
import { describe, expect, it } from '@jest/globals';

import type { MigrationFile } from './migration-file.ts';
import { planMigrations } from './migration-plan.ts';
import type { RecordedMigration } from './migration-plan.ts';

const file = (name: string): MigrationFile => ({ name, sql: '', checksum: `sum of ${name}` });
const row = (name: string, change: Partial<RecordedMigration> = {}): RecordedMigration => ({
  name,
  checksum: `sum of ${name}`,
  finished: true,
  rolledBack: false,
  ...change,
});
const files = [file('1_a'), file('2_b')];

describe('planMigrations', () => {
  it.each([
    { name: 'an empty database', recorded: undefined, wantPending: ['1_a', '2_b'] },
    { name: 'a table without rows', recorded: [], wantPending: ['1_a', '2_b'] },
    { name: 'one applied', recorded: [row('1_a')], wantPending: ['2_b'] },
    { name: 'all applied', recorded: [row('1_a'), row('2_b')], wantPending: [] },
    {
      name: 'one that was rolled back',
      recorded: [row('1_a', { finished: false, rolledBack: true })],
      wantPending: ['1_a', '2_b'],
    },
    {
      name: 'one rolled back and then applied',
      recorded: [row('1_a', { rolledBack: true }), row('1_a')],
      wantPending: ['2_b'],
    },
    {
      name: 'a database ahead of the image',
      recorded: [row('1_a'), row('2_b'), row('3_c')],
      wantPending: [],
      wantAhead: ['3_c'],
    },
  ])('goes on from $name', ({ recorded, wantPending, wantAhead = [] }) => {
    const plan = planMigrations(files, { recorded, tableCount: 0 });
    expect(plan).toMatchObject({ kind: 'apply', schemaAhead: wantAhead });
    expect(plan.kind === 'apply' && plan.pending.map((one) => one.name)).toEqual(wantPending);
  });

  it.each([
    {
      name: 'a migration that failed',
      recorded: row('1_a', { finished: false }),
      reason: 'FailedMigration',
      remedy: /migrate resolve 1_a rolled-back/,
    },
    {
      name: 'one that failed and that this image lacks',
      recorded: row('0_x', { finished: false }),
      reason: 'FailedMigration',
      remedy: /0_x/,
    },
    {
      name: 'a file edited after it was applied',
      recorded: row('1_a', { checksum: 'other' }),
      reason: 'EditedMigration',
      remedy: /Restore the committed file/,
    },
  ])('refuses $name, with the remedy', ({ recorded, reason, remedy }) => {
    const plan = planMigrations(files, { recorded: [recorded], tableCount: 3 });
    expect(plan).toEqual({
      kind: 'refuse',
      refusals: [{ reason, message: expect.stringMatching(remedy) }],
    });
  });

  it('refuses tables that somebody else made', () => {
    expect(planMigrations(files, { recorded: undefined, tableCount: 2 })).toMatchObject({
      kind: 'refuse',
      refusals: [{ reason: 'ForeignSchema' }],
    });
  });
});
