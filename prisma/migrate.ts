// The migration Job: `migrate` applies what is pending, `migrate resolve NAME applied|rolled-back`
// settles one by hand. Exit codes: 0 done, 1 failed, 2 bad call, 3 refused, 4 lock busy.
import { join } from 'node:path';

import { parseConnection } from '../app/src/store/connection-config.ts';
import { readMigrationFiles } from './migration-file.ts';
import { defaultLimits, resolveMigration, runMigrations } from './migration-runner.ts';
import type { MigrationLimits, MigrationResult, RunnerOptions } from './migration-runner.ts';

const exitCodes = { applied: 0, failed: 1, refused: 3, lockBusy: 4 } as const satisfies Record<
  MigrationResult['kind'],
  number
>;

function log(message: string, fields: Record<string, unknown> = {}): void {
  process.stdout.write(
    `${JSON.stringify({ time: new Date().toISOString(), message, ...fields })}\n`,
  );
}

function limitsFrom(env: NodeJS.ProcessEnv): MigrationLimits {
  return {
    ...defaultLimits,
    connectWaitMs: millis(env, 'MIGRATE_CONNECT_WAIT_MS', defaultLimits.connectWaitMs),
    lockWaitMs: millis(env, 'MIGRATE_LOCK_WAIT_MS', defaultLimits.lockWaitMs),
    lockTimeoutMs: millis(env, 'MIGRATE_LOCK_TIMEOUT_MS', defaultLimits.lockTimeoutMs),
  };
}

function millis(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  if (!/^\d{1,9}$/.test(text))
    throw new Error(
      `${name}: "${text}" is no number of milliseconds. Give a whole number or leave it out`,
    );
  return Number(text);
}

async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const files = readMigrationFiles(
    env['MIGRATIONS_DIR'] ?? join(import.meta.dirname, 'migrations'),
  );
  const options: RunnerOptions = { connection: parseConnection(env), limits: limitsFrom(env), log };
  const [command, name, outcome] = args;
  if (command === undefined) return report(await runMigrations(files, options));
  const file = files.find((candidate) => candidate.name === name);
  if (
    command !== 'resolve' ||
    file === undefined ||
    (outcome !== 'applied' && outcome !== 'rolled-back')
  ) {
    log('usage: migrate | migrate resolve NAME applied|rolled-back', {
      known: files.map((known) => known.name),
    });
    return 2;
  }
  return report(await resolveMigration(file, outcome, options));
}

function report(result: MigrationResult): number {
  log(`migrations: ${result.kind}`, { ...result });
  return exitCodes[result.kind];
}

// As a container's first process we would not hear SIGTERM otherwise. The open transaction is undone.
process.once('SIGTERM', () => process.exit(143));

try {
  process.exitCode = await main(process.argv.slice(2), process.env);
} catch (error) {
  log('migrations: failed', { error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
