// A committed migration as it lies on disk: name, SQL and checksum.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One folder under the migrations folder. The checksum is Prisma's: sha256 of the file, in hex. */
export interface MigrationFile {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** All migrations in the order of their names. Throws when the folder or a file is missing. */
export function readMigrationFiles(dir: string): readonly MigrationFile[] {
  const folders = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = folders.map((folder) => folder.name).toSorted();
  return names.map((name) => {
    const bytes = readFileSync(join(dir, name, 'migration.sql'));
    return {
      name,
      sql: bytes.toString('utf8'),
      checksum: createHash('sha256').update(bytes).digest('hex'),
    };
  });
}

/**
 * True when the file must run outside a transaction: it builds an index concurrently, or it begins
 * and commits by itself.
 */
export function needsOwnTransaction(sql: string): boolean {
  const code = sql.replace(/--[^\n]*/g, '');
  return (
    /\b(CREATE|DROP|REINDEX)\b[^;]*\bCONCURRENTLY\b/i.test(code) ||
    /^\s*(BEGIN|COMMIT|START\s+TRANSACTION)\s*;/im.test(code)
  );
}
