// The program of the backup CronJob (`run`), of the restore drill (`drill`), and for people. Prints one
// JSON object. Exit codes: 0 done or busy, 1 failed, 2 cannot start.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { annotateCronJob } from './annotate-cron-job.ts';
import { parseConfig, parseExporter, parsePlaces } from './config.ts';
import type { BackupConfig, Places } from './config.ts';
import { copySets } from './copy-sets.ts';
import { listSets } from './list-sets.ts';
import { openTargets, targetFrom } from './open-targets.ts';
import { runBackup } from './run-backup.ts';
import { runDrill } from './run-drill.ts';
import { runRestore } from './run-restore.ts';
import { serveMetrics } from './serve-metrics.ts';
import { ConfigError } from './settings.ts';
import { StallError } from './stall.ts';
import { bucketLifecycle } from './tiers.ts';

interface Result {
  readonly report: object;
  readonly exitCode: number;
}

type Options = Readonly<Record<string, string | undefined>>;

const now = (): Date => new Date();
const random = (): string => randomBytes(4).toString('hex');
const configured = (): BackupConfig => parseConfig(process.env, random);
const places = (): Places => parsePlaces(process.env);

const commands = {
  run: runAndCopy,
  drill: drillAndTell,
  restore: async ({ from, set, database, uploads }) => {
    const config = configured();
    const target = await targetFrom(config, from);
    const result = await runRestore({ config, target, now, set, database, uploads });
    return { report: result, exitCode: result.kind === 'restored' ? 0 : 1 };
  },
  list: async ({ from }) => ({
    report: { sets: await listSets(await targetFrom(places(), from)) },
    exitCode: 0,
  }),
  lifecycle: async () => {
    const { bucket } = places();
    if (bucket === undefined) throw new ConfigError('BACKUP_S3_BUCKET: missing. Name the bucket');
    return { report: bucketLifecycle(bucket.prefix, bucket.cold), exitCode: 0 };
  },
  'serve-metrics': async ({ from }) => {
    const target = await targetFrom(places(), from);
    const port = await serveMetrics({ target, config: parseExporter(process.env), now: Date.now });
    return { report: { kind: 'listening', target: target.name, port }, exitCode: 0 };
  },
} as const satisfies Record<string, (options: Options) => Promise<Result>>;

/** What the drill found, and where people look for it. An annotation that fails is told, not fatal. */
async function drillAndTell({ from }: Options): Promise<Result> {
  const config = configured();
  const result = await runDrill({ config, target: await targetFrom(config, from), now });
  const { setId: id, at: verifiedAt, recoveryPoint, restoreSeconds } = result;
  const exitCode = result.kind === 'passed' ? 0 : 1;
  if (config.cronJob === undefined || result.kind === 'failed') return { report: result, exitCode };
  if (id === undefined || recoveryPoint === undefined || restoreSeconds === undefined)
    throw new Error('a drill passed without a set');
  const verified = { id, verifiedAt, recoveryPoint, restoreSeconds };
  const annotation = await annotateCronJob(config.cronJob, verified).then(
    () => 'written',
    (error: unknown) => messageOf(error),
  );
  return { report: { ...result, annotation }, exitCode };
}

/** A set at the first target, and copies at the others. A copy that fails fails the run, not the set. */
async function runAndCopy(): Promise<Result> {
  const config = configured();
  const [first, ...others] = await openTargets(config);
  const outcome = await runBackup({ config, target: first.target, keep: first.keep, now });
  if (outcome.kind === 'busy' || others.length === 0) return { report: outcome, exitCode: 0 };
  const copies: { target: string; error?: string }[] = [];
  for (const { target, keep } of others) {
    const failed = (error: unknown): { error: string } => ({ error: messageOf(error) });
    const result = await copySets({ from: first.target, to: target, keep }).catch(failed);
    copies.push({ target: target.name, ...result });
  }
  const hasFailed = copies.some(({ error }) => error !== undefined);
  return { report: { ...outcome, copies }, exitCode: hasFailed ? 1 : 0 };
}

function isCommand(name: string | undefined): name is keyof typeof commands {
  return name !== undefined && Object.hasOwn(commands, name);
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (!isCommand(name)) throw new ConfigError(`usage: backup ${Object.keys(commands).join(' | ')}`);
  const options = parseOptions(rest);
  const { report, exitCode } = await commands[name](options);
  print(name === 'lifecycle' ? report : { command: name, ...report });
  return exitCode;
}

function parseOptions(args: string[]): Options {
  try {
    const text = { type: 'string' } as const;
    return parseArgs({ args, options: { from: text, set: text, database: text, uploads: text } }).values;
  } catch (error) {
    throw new ConfigError(messageOf(error));
  }
}

function print(report: object): void {
  writeSync(1, `${JSON.stringify(report)}\n`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// As a container's first process we would not hear SIGTERM otherwise. What was begun stays invisible.
process.once('SIGTERM', () => process.exit(143));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  print({ command: process.argv[2], kind: 'failed', error: messageOf(error) });
  process.exitCode = error instanceof ConfigError ? 2 : 1;
  // A call that hangs in the kernel keeps a thread, and ending in good order would wait for it.
  if (error instanceof StallError) process.kill(process.pid, 'SIGKILL');
}
