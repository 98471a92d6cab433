// The app for `npm run dev`: migrations first, then the app under Node's own watcher, which starts
// it again whenever a file that it has loaded changes.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { devPath, REPOSITORY } from './dev-folder.ts';
import type { Ended, Processes } from './processes.ts';

export interface DevAppOptions {
  readonly port: number;
  readonly metricsPort: number;
  readonly databaseUrl: string;
  readonly redisUrl: string | undefined;
}

const readyTimeoutMs = 60_000;

/** Brings the database up to the committed migrations. Throws when that fails. */
export async function migrateDatabase(processes: Processes, databaseUrl: string): Promise<void> {
  const { how } = await processes.start({
    speaker: 'migrate',
    command: process.execPath,
    args: [join(REPOSITORY, 'prisma/migrate.ts')],
    cwd: REPOSITORY,
    env: { DATABASE_URL: databaseUrl },
    endSignal: 'SIGTERM',
  });
  if (how !== 0) throw new Error(`the migrations ended with ${how}; what they said is above`);
}

/** Starts the app. The promise tells of the end of its watcher, not of the app itself. */
export function startDevApp(processes: Processes, options: DevAppOptions): Promise<Ended> {
  return processes.start({
    speaker: 'app',
    command: process.execPath,
    args: ['--watch', '--watch-preserve-output', join(REPOSITORY, 'app/src/main.ts')],
    cwd: REPOSITORY,
    env: appEnv(options),
    endSignal: 'SIGTERM',
  });
}

/** The app's settings: loopback only, and a reload waits for nobody. */
export function appEnv(options: DevAppOptions): Record<string, string> {
  return {
    APP_ENV: 'development',
    SLIPWAY_APP_VERSION: 'dev',
    LISTEN_HOST: '127.0.0.1',
    PORT: String(options.port),
    METRICS_PORT: String(options.metricsPort),
    DRAIN_MS: '0',
    CLOSE_TIMEOUT_MS: '1000',
    DATABASE_URL: options.databaseUrl,
    UPLOADS_DIR: devPath('uploads'),
    ...(options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl }),
  };
}

/** Resolves once /readyz says 200. Throws after a minute, or when `failed` does before. */
export async function untilReady(url: string, failed: Promise<never>): Promise<void> {
  const stop = new AbortController();
  try {
    await Promise.race([failed, pollReadiness(url, stop.signal)]);
  } finally {
    stop.abort();
  }
}

async function pollReadiness(url: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  for (;;) {
    const status = await fetch(`${url}/readyz`, { signal }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    );
    if (status === 200 || signal.aborted) return;
    if (Date.now() > deadline) throw new Error(`${url}/readyz is ${status || 'silent'} after a minute`);
    await sleep(100);
  }
}
