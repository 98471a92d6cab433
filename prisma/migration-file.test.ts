// Which files can share a transaction with their bookkeeping.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { needsOwnTransaction, readMigrationFiles } from './migration-file.ts';

const dir = join(import.meta.dirname, 'migrations');

describe('readMigrationFiles', () => {
  it("gives the committed files in order with Prisma's checksum", () => {
    const files = readMigrationFiles(dir);
    expect(files.map((file) => file.name)).toEqual(files.map((file) => file.name).toSorted());
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const bytes = readFileSync(join(dir, file.name, 'migration.sql'));
      expect(file.checksum).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });
});

describe('needsOwnTransaction', () => {
  it.each([
    ['an index built concurrently', 'CREATE INDEX CONCURRENTLY i ON t(a);', true],
    ['a unique one, over two lines', 'create unique index\n  concurrently i ON t(a);', true],
    ['one dropped concurrently', 'DROP INDEX CONCURRENTLY i;', true],
    ['its own BEGIN and COMMIT', 'BEGIN;\nALTER TYPE a RENAME TO b;\nCOMMIT;', true],
    ['an ordinary change', 'ALTER TABLE t ADD COLUMN a TEXT;', false],
    ['the word in a comment', '-- CREATE INDEX CONCURRENTLY would be better\nSELECT 1;', false],
    [
      'the BEGIN of a function',
      'CREATE FUNCTION f() RETURNS int AS $$\nBEGIN\n  RETURN 1;\nEND\n$$ LANGUAGE plpgsql;',
      false,
    ],
  ])('judges %s', (_name, sql, want) => {
    expect(needsOwnTransaction(sql)).toBe(want);
  });
});
