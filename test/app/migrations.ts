// Migrations for tests: the committed ones, or small ones written on the spot.
import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { readMigrationFiles } from '../../prisma/migration-file.ts';
import type { MigrationFile } from '../../prisma/migration-file.ts';
import { defaultLimits, runMigrations } from '../../prisma/migration-runner.ts';
import type { MigrationResult, RunnerOptions } from '../../prisma/migration-runner.ts';

export const committedMigrations = readMigrationFiles(
  join(import.meta.dirname, '../../prisma/migrations'),
);

export function migration(name: string, sql: string): MigrationFile {
  return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
}

export function runnerOptions(
  url: string,
  limits: Partial<RunnerOptions['limits']> = {},
): RunnerOptions {
  return {
    connection: { connectionString: url },
    limits: { ...defaultLimits, ...limits },
    log: () => undefined,
  };
}

/** Applies the committed migrations. */
export function migrate(url: string): Promise<MigrationResult> {
  return runMigrations(committedMigrations, runnerOptions(url));
}
