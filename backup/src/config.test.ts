// Settings of the backup program; errors name the variable and the remedy.
import { describe, expect, it } from '@jest/globals';

import { parseConfig } from './config.ts';

const minimal = { PGHOST: 'db', PGUSER: 'ledger', PGDATABASE: 'bank' };
const random = (): string => 'cafe';

describe('parseConfig', () => {
  it('restores into a database of another name by default', () => {
    expect(parseConfig(minimal, random)).toMatchObject({
      volume: { dir: '/backup', keep: { last: 3, daily: 7, weekly: 5, monthly: 12, yearly: 3 } },
      bucket: undefined,
      database: 'bank',
      drillDatabase: 'bank_drill_cafe',
    });
  });

  it('hands on only what the programs need', () => {
    const { toolEnv } = parseConfig(
      { ...minimal, PGPASSWORD: 'p', AWS_SECRET: 'x', PATH: '/bin' },
      random,
    );
    expect(toolEnv).toEqual({ PGHOST: 'db', PGUSER: 'ledger', PGPASSWORD: 'p', PATH: '/bin' });
  });

  it.each([
    ['PGDATABASE', '', /^PGDATABASE: missing/],
    ['PGDATABASE', 'bank"; DROP DATABASE bank', /^PGDATABASE: .* has to be small letters/],
    ['DRILL_DATABASE', '--host=elsewhere', /^DRILL_DATABASE: /],
    ['PGHOST', '', /^PGHOST: missing. Set PGHOST/],
    ['BACKUP_KEEP_LAST', '0', /^BACKUP_KEEP_LAST: "0" has to be a whole number from 1/],
    ['BACKUP_KEEP_WEEKLY', 'all', /^BACKUP_KEEP_WEEKLY: /],
    [
      'PGPASSWORD_FILE',
      '/nowhere/password',
      /^PGPASSWORD_FILE: \/nowhere\/password cannot be read/,
    ],
  ])('refuses %s=%j', (name, value, want) => {
    expect(() => parseConfig({ ...minimal, [name]: value }, random)).toThrow(want);
  });
});
