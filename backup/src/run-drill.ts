// `backup drill`: proves that the newest set can be restored, by restoring it into a scratch database
// and folder, checking them there, and removing them again. The live database is only its namesake.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { BackupConfig } from './config.ts';
import { judgeLedger, ledgerCheckSql, parseFindings } from './ledger-check.ts';
import type { LedgerFindings } from './ledger-check.ts';
import type { Manifest } from './manifest.ts';
import { psql } from './psql.ts';
import { openSet, restoreDatabase, restoreUploads } from './restore-set.ts';
import type { SetToRestore } from './restore-set.ts';
import { compareRows, rowsSql } from './row-counts.ts';
import type { RowCounts } from './row-counts.ts';
import { withScratchDatabase } from './scratch-database.ts';
import { openCipher } from './set-cipher.ts';
import { newSetId } from './set-id.ts';
import { ConfigError } from './settings.ts';
import type { Target } from './target.ts';
import { referencedUploads } from './uploads.ts';
import { readManifest } from './verify-set.ts';

/** What is written to drills/<time>.json and printed. */
export interface DrillResult {
  readonly kind: 'passed' | 'failed';
  readonly setId: string | undefined;
  readonly at: string;
  /** The moment the restored data is of. */
  readonly recoveryPoint: string | undefined;
  /** How old that was at the time of the drill: what would be lost. */
  readonly recoveryPointAgeSeconds: number | undefined;
  /** How long verifying, restoring and checking took: what a restore costs before people can work. */
  readonly restoreSeconds: number | undefined;
  readonly findings: LedgerFindings | undefined;
  /** Rows of each restored table. */
  readonly rows: RowCounts | undefined;
  /** Uploads restored, and found to be what their names say. */
  readonly uploads: number | undefined;
  readonly problems: readonly string[];
}

const scratchFolder = 'slipway-restore-drill';
/** Lines about uploads or keys. */
const maxNamed = 20;
/** Half a year of nightly drills. */
const maxResults = 200;

export interface DrillOptions {
  readonly config: BackupConfig;
  readonly target: Target;
  readonly now: () => Date;
}

/** Throws ConfigError before anything is touched when the target is the live database. */
export async function runDrill(options: DrillOptions): Promise<DrillResult> {
  const { config, target, now } = options;
  if (config.drillDatabase === config.database) {
    throw new ConfigError(
      `DRILL_DATABASE: "${config.drillDatabase}" is the live database. Give another name or leave it out`,
    );
  }
  const lock = await target.lockDrills();
  if (lock === undefined)
    return {
      ...nothingKnown(now()),
      kind: 'failed',
      problems: [`another drill is at work on ${target.name}`],
    };
  try {
    const result = await drill(options);
    await target.writeNote('drills', {
      name: `${newSetId(now())}.${result.kind}.json`,
      text: `${JSON.stringify(result, undefined, 2)}\n`,
      keep: maxResults,
    });
    return result;
  } finally {
    await lock.release();
  }
}

async function drill({ config, target, now }: DrillOptions): Promise<DrillResult> {
  const at = now();
  const nothing = nothingKnown(at);
  const [id] = await target.listSets();
  if (id === undefined)
    return { ...nothing, kind: 'failed', problems: [`there is no complete set in ${target.name}`] };
  // The newest set is the one people would reach for. If it is damaged, an older good one is no excuse.
  let known = { ...nothing, setId: id };
  try {
    const set = await openSet(config, target, id);
    known = { ...known, ...recoveryPoint(set.manifest, at) };
    const restored = await restoreAndCheck(config, set);
    const restoreSeconds = (now().getTime() - at.getTime()) / 1_000;
    const problems = [
      ...restored.problems,
      ...unsealed(config, set.manifest),
      ...(await lostKeys(config, target)),
    ];
    const kind = problems.length === 0 ? 'passed' : 'failed';
    return { ...known, ...restored, restoreSeconds, kind, problems };
  } catch (error) {
    return { ...known, kind: 'failed', problems: [messageOf(error)] };
  }
}

/** Who can write to the place could put a set of their own there, but not seal it. */
function unsealed({ keys }: BackupConfig, { id, encryption }: Manifest): readonly string[] {
  if (keys === undefined || encryption !== undefined) return [];
  return [`set ${id} is not sealed though there are keys: did a backup run without BACKUP_KEYS_DIR?`];
}

/** Whether the keys at hand open every set that is kept, the oldest too. */
async function lostKeys(config: BackupConfig, target: Target): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const id of await target.listSets()) {
    const set = await readManifest(target, id);
    if (set.kind === 'damaged') continue;
    try {
      openCipher(set.manifest, config.keys);
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  return problems.slice(0, maxNamed);
}

type Restored = Pick<DrillResult, 'findings' | 'rows' | 'uploads' | 'problems'>;

async function restoreAndCheck(config: BackupConfig, set: SetToRestore): Promise<Restored> {
  return withScratchDatabase(config, async () => {
    const database = config.drillDatabase;
    await restoreDatabase(config, set, database);
    const findings = parseFindings(await psql(config, { database, sql: ledgerCheckSql }));
    const rows = JSON.parse(await psql(config, { database, sql: rowsSql })) as RowCounts;
    const uploads = await drillUploads(config, set);
    return {
      findings,
      rows,
      uploads: uploads.restored,
      problems: [
        ...judgeLedger(findings),
        ...compareRows(set.manifest.database.rows, rows),
        ...uploads.problems,
      ],
    };
  });
}

/** Restores the uploads, and holds them against what the restored database knows. */
async function drillUploads(
  config: BackupConfig,
  set: SetToRestore,
): Promise<{ restored: number; problems: readonly string[] }> {
  const ask = async (sql: string): Promise<readonly string[]> =>
    (await psql(config, { database: config.drillDatabase, sql })).split('\n').filter(Boolean);
  const known = (await referencedUploads({ ask }, config.documentTable)) ?? [];
  // A folder of our own in the one that was named: whatever else lies there is not ours to remove.
  const dir = join(config.drillDir, scratchFolder);
  await rm(dir, { recursive: true, force: true });
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const restored = new Set(await restoreUploads(set, dir));
    const lacking = known.filter((hash) => !restored.has(hash));
    const problems = lacking
      .slice(0, maxNamed)
      .map((hash) => `the database knows the upload ${hash}, and the set has no file with that content`);
    const more = lacking.length - problems.length;
    return {
      restored: restored.size,
      problems: more > 0 ? [...problems, `and ${more} uploads more`] : problems,
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function nothingKnown(at: Date): Omit<DrillResult, 'kind' | 'problems'> {
  return {
    setId: undefined,
    at: at.toISOString(),
    recoveryPoint: undefined,
    recoveryPointAgeSeconds: undefined,
    restoreSeconds: undefined,
    findings: undefined,
    rows: undefined,
    uploads: undefined,
  };
}

function recoveryPoint(
  manifest: Manifest,
  at: Date,
): { recoveryPoint: string; recoveryPointAgeSeconds: number } {
  return {
    recoveryPoint: manifest.recoveryPoint.time,
    recoveryPointAgeSeconds: (at.getTime() - Date.parse(manifest.recoveryPoint.time)) / 1_000,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
