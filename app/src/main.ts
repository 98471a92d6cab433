// Wiring and signals only.
import { setTimeout as sleep } from 'node:timers/promises';

import type { Guard } from './access/guard.ts';
import { createRateLimiter } from './access/rate-limit.ts';
import { watchTokens } from './access/tokens.ts';
import { createAccountCache } from './cache/account-cache.ts';
import { withAccountCache } from './cache/cached-store.ts';
import type { RedisLink } from './cache/redis-link.ts';
import { parseConfig } from './config.ts';
import type { AccessConfig, AppConfig, CacheConfig, DocumentConfig } from './config.ts';
import type { Blobs } from './documents/blobs.ts';
import { openVolume } from './documents/volume.ts';
import { assertNever } from './domain/assert-never.ts';
import { createApp, createMetricsApp } from './http/app.ts';
import { createBreakOff, createFaultInjector } from './http/faults.ts';
import { listen } from './http/listener.ts';
import { createReadinessGate } from './http/readiness.ts';
import { ConfigError } from './store/connection-config.ts';
import { createPool } from './store/pool.ts';
import { createPostgresStore } from './store/postgres-store.ts';
import { defaultRetryPolicy } from './store/retry.ts';
import { createLogger } from './telemetry/logger.ts';
import type { Logger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';

const readinessTimeoutMs = 2_000;
const redisTimeoutMs = 100;
const redisRestMs = 1_000;
const tokensReadMs = 5_000;

async function run(config: AppConfig): Promise<void> {
  const { version, faults } = config;
  const logger = createLogger({ level: config.logLevel, version, release: config.release });
  logWhatNodeSays(logger);
  const metrics = createMetrics({ version });
  const pool = createPool({
    connection: config.connection,
    size: config.poolSize,
    applicationName: `ledger/${version}`,
    onIdleError: (error) => logger.warn({ error }, 'an idle database connection broke'),
  });
  metrics.observePool(pool);
  const database = createPostgresStore({
    pool,
    retry: { ...defaultRetryPolicy, onRetry: metrics.recordRetry },
  });
  const redis = await connectRedis(config.cache, logger);
  const store =
    redis === undefined
      ? database
      : withAccountCache(
          database,
          createAccountCache({
            redis,
            release: version,
            ttlMs: config.cache.ttlMs,
            negativeTtlMs: Math.min(config.cache.ttlMs, 1_000),
            onRead: metrics.recordCacheRead,
          }),
        );
  const readiness = createReadinessGate({
    checkSchema: store.checkSchema,
    neverReady: faults.neverReady,
    timeoutMs: readinessTimeoutMs,
  });
  const drain = new AbortController();
  const inject = createFaultInjector(faults);
  const app = createApp({
    version,
    store,
    guard: createGuard(config.access, { logger, redis }),
    trustedProxies: config.access.trustedProxies,
    blobs: await openBlobs(config.documents),
    maxBytes: config.documents.maxBytes,
    logger,
    metrics,
    readiness,
    inject,
    breakOff: createBreakOff(faults),
    drain: drain.signal,
  });

  const stopSignal = firstSignal();
  const main = await listen(app, { host: config.host, port: config.port });
  const scrapes = await listen(createMetricsApp(metrics), {
    host: config.host,
    port: config.metricsPort,
  });
  logger.info(
    { port: main.port, metricsPort: scrapes.port, environment: config.environment, faults },
    'listening',
  );
  if (faults.hangAfterMs !== undefined)
    scheduleHang(faults.hangAfterMs, () => logger.fatal('told to hang (FAULT_HANG_AFTER_MS)'));
  if (faults.crashAfterMs !== undefined)
    scheduleCrash(faults.crashAfterMs, () => logger.fatal('told to crash (FAULT_CRASH_AFTER_MS)'));

  const signal = await stopSignal;
  logger.info({ signal, drainMs: config.drainMs }, 'draining');
  // Not ready from here on, but still serving: the cluster needs a moment to take us out of its
  // endpoints. Each answer closes its connection, so that none is idle at the end.
  readiness.close();
  drain.abort();
  await sleep(config.drainMs);
  await main.close(config.closeTimeoutMs);
  await store.close();
  await redis?.close();
  await scrapes.close(1_000);
  logger.info('stopped');
}

/** The client of Redis is only loaded where there is a Redis: it takes memory that others need not pay. */
async function connectRedis(
  { url }: CacheConfig,
  logger: Logger,
): Promise<RedisLink | undefined> {
  if (url === undefined) return undefined;
  const { openRedis } = await import('./cache/redis-link.ts');
  return openRedis({
    url,
    timeoutMs: redisTimeoutMs,
    restMs: redisRestMs,
    onChange: (state, error) => {
      if (state === 'working') logger.info('redis answers again');
      else logger.warn({ error }, 'redis does not answer, going on without');
    },
  });
}

async function openBlobs({ place }: DocumentConfig): Promise<Blobs | undefined> {
  switch (place.kind) {
    case 'none':
      return undefined;
    case 'volume':
      return openVolume(place.dir);
    case 'bucket': {
      const { openBucketBlobs } = await import('./documents/s3.ts');
      return openBucketBlobs(place.bucket);
    }
    default:
      return assertNever(place);
  }
}

function createGuard(
  { tokensFile, rateLimit, rateWindowMs }: AccessConfig,
  { logger, redis }: { logger: Logger; redis: RedisLink | undefined },
): Guard {
  const onTrouble = (error: unknown): void =>
    logger.error({ error }, 'the tokens cannot be read again, the known ones stay');
  return {
    tokens:
      tokensFile === undefined
        ? undefined
        : watchTokens({ file: tokensFile, everyMs: tokensReadMs, onTrouble }),
    limiter:
      rateLimit === 0
        ? undefined
        : createRateLimiter({ limit: rateLimit, windowMs: rateWindowMs, redis }),
  };
}

/** Node would write its own lines between ours, and each of ours is JSON. */
function logWhatNodeSays(logger: Logger): void {
  process.removeAllListeners('warning');
  process.on('warning', (error) => logger.warn({ error }, 'node warns'));
  process.once('uncaughtException', (error) => {
    logger.fatal({ error }, 'an error that nobody expected');
    process.exit(1);
  });
}

/** Resolves at the first SIGTERM or SIGINT; further ones change nothing. */
function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => resolve(signal));
  });
}

function scheduleCrash(afterMs: number, announce: () => void): void {
  setTimeout(() => {
    announce();
    process.exit(1);
  }, afterMs).unref();
}

function scheduleHang(afterMs: number, announce: () => void): void {
  setTimeout(() => {
    announce();
    for (;;) {
      // Nothing else ever runs again.
    }
  }, afterMs).unref();
}

try {
  await run(parseConfig(process.env));
  process.exit(0);
} catch (error) {
  if (error instanceof ConfigError) {
    console.error(`The configuration cannot be used:\n${error.message}`);
    process.exit(2);
  }
  createLogger({ level: 'info', version: 'unknown', release: 'unknown' }).fatal({ error }, 'failed');
  process.exit(1);
}
