// `backup drill`: proves that the newest set can be restored, by restoring it into a scratch
// database, checking the ledger there, and dropping it again. The live database is only its namesake.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { dumpName, listSetIds, newSetId, verifySet } from './backup-set.ts';
import { ConfigError } from './config.ts';
import type { BackupConfig } from './config.ts';
import { publish, writeText } from './durable.ts';
import { judgeLedger, ledgerCheckSql, parseFindings } from './ledger-check.ts';
import type { LedgerFindings } from './ledger-check.ts';
import type { Manifest } from './manifest.ts';
import { psql } from './psql.ts';
import { withScratchDatabase } from './scratch-database.ts';
import { runTool } from './tool.ts';
import { acquireVolumeLock } from './volume-lock.ts';

/** What is written to drills/<time>.json and printed. */
export interface DrillResult {
  readonly kind: 'passed' | 'failed';
  readonly setId: string | undefined;
  readonly at: string;
  /** The moment the restored data is of. */
  readonly recoveryPoint: string | undefined;
  /** How old that was at the time of the drill. */
  readonly recoveryPointAgeSeconds: number | undefined;
  /** How long the restore took. */
  readonly restoreSeconds: number | undefined;
  readonly findings: LedgerFindings | undefined;
  readonly problems: readonly string[];
}

const resultsFolder = 'drills';
/** Half a year of nightly drills. */
const maxResults = 200;

export interface DrillOptions {
  readonly config: BackupConfig;
  readonly now: () => Date;
}

/** Throws ConfigError before anything is touched when the target is the live database. */
export async function runDrill({ config, now }: DrillOptions): Promise<DrillResult> {
  if (config.drillDatabase === config.database) {
    throw new ConfigError(
      `DRILL_DATABASE: "${config.drillDatabase}" is the live database. Give another name or leave it out`,
    );
  }
  await mkdir(join(config.dir, resultsFolder), { recursive: true });
  const lock = await acquireVolumeLock(config.dir, 'drill');
  if (lock === undefined)
    return {
      ...nothingKnown(now()),
      kind: 'failed',
      problems: ['another drill is at work on this volume'],
    };
  try {
    const result = await drill(config, now);
    await keepResult(config.dir, result, now());
    return result;
  } finally {
    await lock.release();
  }
}

async function drill(config: BackupConfig, now: () => Date): Promise<DrillResult> {
  const at = now();
  const nothing = nothingKnown(at);
  const [id] = await listSetIds(config.dir).catch(() => []);
  if (id === undefined)
    return { ...nothing, kind: 'failed', problems: [`there is no complete set in ${config.dir}`] };
  // The newest set is the one people would reach for. If it is damaged, an older good one is no excuse.
  const verification = await verifySet(config.dir, id);
  if (verification.kind === 'damaged')
    return { ...nothing, setId: id, kind: 'failed', problems: [verification.reason] };
  const { manifest } = verification;
  const known = { ...nothing, setId: id, ...recoveryPoint(manifest, at) };
  try {
    const { findings, restoreSeconds } = await restoreAndCheck(config, manifest, now);
    const problems = judgeLedger(findings);
    return {
      ...known,
      restoreSeconds,
      findings,
      kind: problems.length === 0 ? 'passed' : 'failed',
      problems,
    };
  } catch (error) {
    return {
      ...known,
      kind: 'failed',
      problems: [error instanceof Error ? error.message : String(error)],
    };
  }
}

async function restoreAndCheck(
  config: BackupConfig,
  manifest: Manifest,
  now: () => Date,
): Promise<{ findings: LedgerFindings; restoreSeconds: number }> {
  return withScratchDatabase(config, async () => {
    const scratch = config.drillDatabase;
    const startedAt = now().getTime();
    await runTool({
      program: 'pg_restore',
      args: [
        '--exit-on-error',
        '--no-owner',
        '--no-privileges',
        '--no-password',
        `--dbname=${scratch}`,
        join(config.dir, manifest.id, dumpName),
      ],
      env: config.toolEnv,
      timeoutMs: config.toolTimeoutMs,
    });
    const restoreSeconds = (now().getTime() - startedAt) / 1_000;
    return {
      findings: parseFindings(await psql(config, { database: scratch, sql: ledgerCheckSql })),
      restoreSeconds,
    };
  });
}

function nothingKnown(at: Date): Omit<DrillResult, 'kind' | 'problems'> {
  return {
    setId: undefined,
    at: at.toISOString(),
    recoveryPoint: undefined,
    recoveryPointAgeSeconds: undefined,
    restoreSeconds: undefined,
    findings: undefined,
  };
}

function recoveryPoint(
  manifest: Manifest,
  at: Date,
): { recoveryPoint: string; recoveryPointAgeSeconds: number } {
  return {
    recoveryPoint: manifest.startedAt,
    recoveryPointAgeSeconds: (at.getTime() - Date.parse(manifest.startedAt)) / 1_000,
  };
}

async function keepResult(dir: string, result: DrillResult, now: Date): Promise<void> {
  const folder = join(dir, resultsFolder);
  const name = `${newSetId(now)}.json`;
  const draft = join(folder, `.${name}.partial`);
  await writeText(draft, `${JSON.stringify(result, undefined, 2)}\n`);
  await publish(draft, join(folder, name));
  const oldestFirst = (await readdir(folder)).toSorted();
  for (const old of oldestFirst.slice(0, -maxResults)) await rm(join(folder, old), { force: true });
}
