// What to do about a set of files and a set of recorded migrations. Pure: no database in here.
import type { MigrationFile } from './migration-file.ts';

/** A row of `_prisma_migrations`, reduced to what decides. */
export interface RecordedMigration {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
  readonly rolledBack: boolean;
}

/** Why nothing is applied, with what a person has to do. */
export interface Refusal {
  readonly reason: 'FailedMigration' | 'EditedMigration' | 'ForeignSchema';
  readonly message: string;
}

export type MigrationPlan =
  | { readonly kind: 'refuse'; readonly refusals: readonly Refusal[] }
  | {
      readonly kind: 'apply';
      readonly pending: readonly MigrationFile[];
      /** Applied in the database, unknown to this image: it is older than the schema. */
      readonly schemaAhead: readonly string[];
    };

export interface MigrationState {
  /** undefined when `_prisma_migrations` does not exist yet. */
  readonly recorded: readonly RecordedMigration[] | undefined;
  /** Tables in the schema besides Prisma's own. */
  readonly tableCount: number;
}

/** Decides from the files and the database's state. A rolled-back row counts as never applied. */
export function planMigrations(
  files: readonly MigrationFile[],
  state: MigrationState,
): MigrationPlan {
  if (state.recorded === undefined && state.tableCount > 0) {
    return { kind: 'refuse', refusals: [foreignSchema(state.tableCount)] };
  }
  const live = (state.recorded ?? []).filter((row) => !row.rolledBack);
  const refusals = live.flatMap((row) => refusalsOf(row, files));
  if (refusals.length > 0) return { kind: 'refuse', refusals };
  const applied = new Set(live.map((row) => row.name));
  const known = new Set(files.map((file) => file.name));
  return {
    kind: 'apply',
    pending: files.filter((file) => !applied.has(file.name)),
    schemaAhead: [...applied].filter((name) => !known.has(name)).toSorted(),
  };
}

function refusalsOf(row: RecordedMigration, files: readonly MigrationFile[]): readonly Refusal[] {
  if (!row.finished) return [failedMigration(row.name)];
  const file = files.find((candidate) => candidate.name === row.name);
  return file !== undefined && file.checksum !== row.checksum ? [editedMigration(row.name)] : [];
}

function failedMigration(name: string): Refusal {
  return {
    reason: 'FailedMigration',
    message:
      `${name} was started and never finished. Look at the logs column of _prisma_migrations and repair the schema by hand, ` +
      `then run "migrate resolve ${name} rolled-back" (it will be applied again) or "migrate resolve ${name} applied"`,
  };
}

function editedMigration(name: string): Refusal {
  return {
    reason: 'EditedMigration',
    message: `${name} was edited after it had been applied. Restore the committed file and put the change into a new migration`,
  };
}

function foreignSchema(tableCount: number): Refusal {
  return {
    reason: 'ForeignSchema',
    message:
      `The schema has ${tableCount} tables and no _prisma_migrations: something else made them. ` +
      'Give the app an empty database, or mark each migration already in place with "migrate resolve NAME applied"',
  };
}
