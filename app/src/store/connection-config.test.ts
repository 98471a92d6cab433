// Where the database is: one URL, or PG* variables with the password in a file.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { parseConnection } from './connection-config.ts';

describe('parseConnection', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'connection-'));
  });
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });

  const parts = { PGHOST: 'db', PGUSER: 'ledger', PGDATABASE: 'bank' };

  it('takes a URL as it is', () => {
    expect(parseConnection({ DATABASE_URL: 'postgresql://u:p@h/d' })).toEqual({
      connectionString: 'postgresql://u:p@h/d',
    });
  });

  it('reads the password file at each connect, so that rotation needs no restart', () => {
    const file = join(dir, 'password');
    writeFileSync(file, 'first\n');
    const connection = parseConnection({ ...parts, PGPASSWORD_FILE: file });
    const readPassword =
      'password' in connection && typeof connection.password === 'function'
        ? connection.password
        : () => '';
    expect(readPassword()).toBe('first');
    writeFileSync(file, 'second\n');
    expect(readPassword()).toBe('second');
  });

  it.each([
    ['no database at all', {}, /^DATABASE_URL: missing. Set it to .* or set PGHOST/],
    ['a half of PG*', { PGHOST: 'db' }, /^DATABASE_URL: missing/],
    ['a URL of another database', { DATABASE_URL: 'mysql://u:s3cret@h/d' }, /^DATABASE_URL: /],
    [
      'a password file that is not there',
      { ...parts, PGPASSWORD_FILE: '/nowhere/password' },
      /^PGPASSWORD_FILE: \/nowhere\/password cannot be read. Mount/,
    ],
    ['a port that is none', { ...parts, PGPORT: 'five' }, /^PGPORT: /],
  ])('refuses %s', (_name, env, want) => {
    expect(() => parseConnection(env)).toThrow(want);
  });

  it('never repeats a password in its message', () => {
    expect(() => parseConnection({ DATABASE_URL: 'mysql://u:s3cret@h/d' })).toThrow(
      /^(?!.*s3cret).*$/s,
    );
  });
});
