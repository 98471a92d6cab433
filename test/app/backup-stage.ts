// A database with a small ledger and documents, a volume, and the backup program to run on them.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { migrate } from './migrations.ts';
import { startPostgres } from './postgres.ts';
import type { PrivatePostgres } from './postgres.ts';
import { entries, runProgram } from './programs.ts';
import type { Ended } from './programs.ts';

export const ann = '00000000-0000-4000-8000-000000000001';
const world = '00000000-0000-4000-8000-000000000002';
const ledgerSql = `
  INSERT INTO account (id, name, kind, currency)
  VALUES ('${ann}', 'Ann', 'customer', 'EUR'), ('${world}', 'World', 'external', 'EUR');
  SELECT post_transfer('k1', 'h1', '00000000-0000-4000-8000-00000000000a', '${world}', '${ann}', 500, NULL);
  CREATE TABLE IF NOT EXISTS document (id uuid PRIMARY KEY, account_id uuid NOT NULL,
    sha256 char(64) NOT NULL, size_bytes bigint NOT NULL, content_type text NOT NULL);`;

export interface BackupStage {
  readonly postgres: PrivatePostgres;
  readonly volume: string;
  readonly uploads: string;
  readonly database: string;
  /** Settings of the program, with the uploads. */
  env(extra?: Readonly<Record<string, string>>): Record<string, string>;
  run(args: readonly string[], extra?: Readonly<Record<string, string>>): Promise<Ended>;
  /** Published sets of the volume, oldest first. */
  sets(): string[];
  /** Stores a document as the app does: the file first, then its row. Returns its hash. */
  upload(content: string): Promise<string>;
  close(): void;
}

let count = 0;

export const openServer = (): Promise<PrivatePostgres> => startPostgres();

/** A fresh database on the server, and fresh folders. */
export async function openStage(postgres: PrivatePostgres): Promise<BackupStage> {
  const root = mkdtempSync(join(tmpdir(), 'backup-stage-'));
  const [volume, uploads] = [join(root, 'volume'), join(root, 'uploads')];
  for (const dir of [volume, uploads]) mkdirSync(dir);
  const database = `stage_${(count += 1)}`;
  await postgres.createDatabase(database);
  await migrate(postgres.url(database));
  await postgres.query(database, ledgerSql);
  const env = (extra: Readonly<Record<string, string>> = {}): Record<string, string> => ({
    ...postgres.env(database),
    PATH: `${postgres.binDir}:${process.env['PATH'] ?? ''}`,
    BACKUP_DIR: volume,
    UPLOADS_DIR: uploads,
    DRILL_DIR: join(root, 'drill'),
    ...extra,
  });
  return {
    postgres,
    volume,
    uploads,
    database,
    env,
    run: (args, extra) => runProgram(entries.backup, { args, env: env(extra) }),
    sets: () =>
      readdirSync(volume)
        .filter((name) => /^\d/.test(name))
        .toSorted(),
    upload: async (content) => {
      const sha256 = createHash('sha256').update(content).digest('hex');
      const path = uploadIn(uploads, sha256);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      await postgres.query(
        database,
        `INSERT INTO document (id, account_id, sha256, size_bytes, content_type)
         VALUES (gen_random_uuid(), '${ann}', '${sha256}', ${Buffer.byteLength(content)}, 'text/plain')`,
      );
      return sha256;
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

export const uploadIn = (dir: string, sha256: string): string => join(dir, sha256.slice(0, 2), sha256);

/** The one JSON object that a command prints. */
export const report = (ended: Ended): Record<string, unknown> =>
  JSON.parse(ended.output.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;

export const readJson = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;

/** Changes one bit in the middle of a file. */
export function flipByte(path: string, position = 0.5): void {
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length * position);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}
