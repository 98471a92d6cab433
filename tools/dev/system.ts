// The whole system in the order in which its parts need each other.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { seedLedger } from '../../test/load/seed.ts';
import { migrateDatabase, startDevApp, untilReady } from './app.ts';
import { devPath, holdFolder } from './dev-folder.ts';
import { exactly, usualOrFree } from './ports.ts';
import { forgetDevPostgres, startDevPostgres } from './postgres.ts';
import type { Ended, Processes, Say } from './processes.ts';
import { startDevRedis } from './redis.ts';
import { watchMigrations } from './watch-migrations.ts';

export interface SystemOptions {
  readonly isFresh: boolean;
  readonly port: number | undefined;
}

const USUAL_PORT = 8080;
const USUAL_METRICS_PORT = 9090;
const SEED = { accounts: 10, fundsEach: 100_000 };

/** Fails when a part that was to stay ends. */
export interface RunningSystem {
  readonly url: string;
  readonly failed: Promise<never>;
}

/** Starts all parts and waits until the app is ready. Throws when one of them fails before. */
export async function startSystem(
  { isFresh, port }: SystemOptions,
  processes: Processes,
  say: Say,
): Promise<RunningSystem> {
  if (isFresh) forget(say);
  const database = await startDevPostgres(processes);
  const cache = await startDevRedis(processes, say);
  await migrateDatabase(processes, database.url);

  const appPort = port === undefined ? await usualOrFree(USUAL_PORT) : await exactly(port);
  const metricsPort = await usualOrFree(USUAL_METRICS_PORT);
  const url = `http://127.0.0.1:${appPort}`;
  mkdirSync(devPath('uploads'), { recursive: true });
  const app = startDevApp(processes, {
    port: appPort,
    metricsPort,
    databaseUrl: database.url,
    redisUrl: cache?.url,
  });
  const failed = firstEnd([database.ended, app, ...(cache === undefined ? [] : [cache.ended])]);
  await untilReady(url, failed);
  await seed(url, say);
  watchMigrations(processes, database.url, say);
  writeFileSync(devPath('database-url'), `${database.url}\n`, { mode: 0o600 });
  holdFolder(url);
  for (const line of welcome({ url, metricsPort, redisUrl: cache?.url })) say('slipway', line);
  return { url, failed };
}

function forget(say: Say): void {
  say('slipway', 'forgetting the data of earlier runs');
  forgetDevPostgres();
  for (const name of ['redis', 'uploads', 'seeded']) {
    rmSync(devPath(name), { recursive: true, force: true });
  }
}

/* Nobody waits for it when all goes well: a failure without a listener must not end the process. */
function firstEnd(parts: readonly Promise<Ended>[]): Promise<never> {
  const failed = Promise.race(parts).then(({ speaker, how }) => {
    throw new Error(`${speaker} ended (${how})`);
  });
  failed.catch(() => undefined);
  return failed;
}

async function seed(url: string, say: Say): Promise<void> {
  if (existsSync(devPath('seeded'))) return;
  const { accounts } = await seedLedger({ target: url }, SEED);
  writeFileSync(devPath('seeded'), `${accounts.join('\n')}\n`);
  say('slipway', `${accounts.length} accounts, listed in .cache/dev/seeded`);
}

interface Addresses {
  readonly url: string;
  readonly metricsPort: number;
  readonly redisUrl: string | undefined;
}

function welcome({ url, metricsPort, redisUrl }: Addresses): string[] {
  return [
    `ready: ${url} (metrics: http://127.0.0.1:${metricsPort}/metrics)`,
    'database: psql "$(cat .cache/dev/database-url)"',
    `cache: ${redisUrl ?? 'none'}`,
    'a changed source starts the app again, a new migration is applied; Ctrl-C ends everything',
  ];
}
