// The app's settings, read from the environment once. Errors name the variable and the remedy.
import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { ConfigError, describeIssues, parseConnection } from './store/connection-config.ts';
import type { ConnectionConfig } from './store/connection-config.ts';

/** What a version can be told to do wrong. For demos and tests; refused in production. */
export interface FaultConfig {
  /** Share of requests answered 5xx, 0 to 1. */
  readonly errorShare: number;
  /** before: nothing was done yet. after: the work is done and committed, the answer is lost. */
  readonly errorStage: 'before' | 'after';
  readonly latencyMs: number;
  readonly neverReady: boolean;
  /** Share of requests whose connection is broken off without an answer, 0 to 1. */
  readonly resetShare: number;
  readonly crashAfterMs: number | undefined;
  /** After so long the event loop stands still for ever: the process lives and answers nothing. */
  readonly hangAfterMs: number | undefined;
}

export interface AppConfig {
  readonly version: string;
  /** On each log line: the release, or the revision of it, that this process belongs to. */
  readonly release: string;
  readonly environment: string;
  readonly logLevel: string;
  readonly host: string;
  readonly port: number;
  readonly metricsPort: number;
  /** How long to go on serving after SIGTERM while the cluster takes us out of its endpoints. */
  readonly drainMs: number;
  /** How long requests may take to finish after that. */
  readonly closeTimeoutMs: number;
  readonly poolSize: number;
  readonly connection: ConnectionConfig;
  readonly faults: FaultConfig;
  readonly documents: DocumentConfig;
  readonly cache: CacheConfig;
  readonly access: AccessConfig;
}

/** Who may ask, and how often. */
export interface AccessConfig {
  /** undefined: nobody is asked for a token. */
  readonly tokensFile: string | undefined;
  /** Requests per window of one caller; 0: as many as they like. */
  readonly rateLimit: number;
  readonly rateWindowMs: number;
  readonly trustedProxies: number;
}

/** Redis; the app does without when there is none. */
export interface CacheConfig {
  readonly url: string | undefined;
  /** How long an account may be read from it. */
  readonly ttlMs: number;
}

/** Where documents are kept: on a volume that all pods share, in a bucket, or not at all. */
export interface DocumentConfig {
  readonly place:
    | { readonly kind: 'none' }
    | { readonly kind: 'volume'; readonly dir: string }
    | { readonly kind: 'bucket'; readonly bucket: BucketConfig };
  readonly maxBytes: number;
}

export interface BucketConfig {
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  /** undefined: Amazon's own, by region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** undefined: what the SDK finds, such as the identity of the pod. */
  readonly credentials:
    { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

const number = (min: number, max: number) =>
  z.coerce
    .number(`give a number from ${min} to ${max}`)
    .min(min, `give at least ${min}`)
    .max(max, `give at most ${max}`);
const whole = (min: number, max: number) => number(min, max).int('give a whole number');
const flag = z
  .enum(['true', 'false'], 'give "true" or "false"')
  .transform((text) => text === 'true');

const settings = z.object({
  SLIPWAY_APP_VERSION: z
    .string()
    .regex(/^[\w.+-]{1,64}$/, 'give 1 to 64 letters, digits, dots, pluses, dashes')
    .default('dev'),
  SLIPWAY_RELEASE: z
    .string()
    .regex(/^[\w.+/-]{1,128}$/, 'give 1 to 128 letters, digits, dots, pluses, slashes, dashes')
    .optional(),
  APP_ENV: z
    .enum(
      ['production', 'staging', 'development', 'test'],
      'give production, staging, development or test',
    )
    .default('production'),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'give a pino level, such as info',
    )
    .default('info'),
  LISTEN_HOST: z.string().min(1).default('0.0.0.0'),
  PORT: whole(0, 65_535).default(8080),
  METRICS_PORT: whole(0, 65_535).default(9090),
  DRAIN_MS: whole(0, 300_000).default(3_000),
  CLOSE_TIMEOUT_MS: whole(1, 300_000).default(10_000),
  DB_POOL_SIZE: whole(1, 100).default(5),
  UPLOADS_DIR: z.string().startsWith('/', 'give an absolute path').optional(),
  UPLOADS_S3_BUCKET: z.string().min(1).optional(),
  UPLOADS_S3_PREFIX: z
    .string()
    .regex(/^(?:[\w.-]+\/)+$/, 'give names that each end with a slash, such as bank/documents/')
    .optional(),
  UPLOADS_S3_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'give a URL with http or https' })
    .optional(),
  UPLOADS_S3_REGION: z.string().min(1).default('us-east-1'),
  UPLOADS_S3_ACCESS_KEY_ID_FILE: z.string().min(1).optional(),
  UPLOADS_S3_SECRET_ACCESS_KEY_FILE: z.string().min(1).optional(),
  UPLOADS_MAX_BYTES: whole(1, 1_073_741_824).default(10_485_760),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'give redis://host:6379 or rediss://…' })
    .optional(),
  CACHE_TTL_MS: whole(1, 60_000).default(2_000),
  AUTH_TOKENS_FILE: z.string().startsWith('/', 'give an absolute path').optional(),
  RATE_LIMIT: whole(0, 1_000_000).default(0),
  RATE_LIMIT_WINDOW_SECONDS: whole(1, 3_600).default(60),
  TRUSTED_PROXIES: whole(0, 10).default(0),
  FAULT_ERROR_SHARE: number(0, 1).default(0),
  FAULT_ERROR_STAGE: z.enum(['before', 'after'], 'give "before" or "after"').default('before'),
  FAULT_LATENCY_MS: whole(0, 60_000).default(0),
  FAULT_NEVER_READY: flag.default(false),
  FAULT_RESET_SHARE: number(0, 1).default(0),
  FAULT_CRASH_AFTER_MS: whole(1, 86_400_000).optional(),
  FAULT_HANG_AFTER_MS: whole(1, 86_400_000).optional(),
});

/** The variables that are read here; those of the database are in connection-config.ts. */
export const settingNames: readonly string[] = Object.keys(settings.shape);

/** Parses the environment. Throws ConfigError with one line per mistake. */
export function parseConfig(rawEnv: NodeJS.ProcessEnv): AppConfig {
  const env = withoutEmpty(rawEnv);
  const parsed = settings.safeParse(env);
  if (!parsed.success) throw new ConfigError(describeIssues(parsed.error));
  const { data } = parsed;
  const faults: FaultConfig = {
    errorShare: data.FAULT_ERROR_SHARE,
    errorStage: data.FAULT_ERROR_STAGE,
    latencyMs: data.FAULT_LATENCY_MS,
    neverReady: data.FAULT_NEVER_READY,
    resetShare: data.FAULT_RESET_SHARE,
    crashAfterMs: data.FAULT_CRASH_AFTER_MS,
    hangAfterMs: data.FAULT_HANG_AFTER_MS,
  };
  if (data.APP_ENV === 'production') refuseFaults(faults);
  return {
    version: data.SLIPWAY_APP_VERSION,
    release:
      data.SLIPWAY_RELEASE ?? replicaSetOf(env) ?? `ledger-${data.SLIPWAY_APP_VERSION}`,
    environment: data.APP_ENV,
    logLevel: data.LOG_LEVEL,
    host: data.LISTEN_HOST,
    port: data.PORT,
    metricsPort: data.METRICS_PORT,
    drainMs: data.DRAIN_MS,
    closeTimeoutMs: data.CLOSE_TIMEOUT_MS,
    poolSize: data.DB_POOL_SIZE,
    connection: parseConnection(env),
    faults,
    access: {
      tokensFile: data.AUTH_TOKENS_FILE,
      rateLimit: data.RATE_LIMIT,
      rateWindowMs: data.RATE_LIMIT_WINDOW_SECONDS * 1_000,
      trustedProxies: data.TRUSTED_PROXIES,
    },
    cache: { url: data.REDIS_URL, ttlMs: data.CACHE_TTL_MS },
    documents: { place: placeOf(data), maxBytes: data.UPLOADS_MAX_BYTES },
  };
}

/** A pod is called like its ReplicaSet and five characters more; the ReplicaSet names the revision. */
function replicaSetOf({ KUBERNETES_SERVICE_HOST, HOSTNAME }: NodeJS.ProcessEnv): string | undefined {
  if (KUBERNETES_SERVICE_HOST === undefined) return undefined;
  return /^([a-z0-9][a-z0-9.-]{0,126})-[a-z0-9]{5}$/.exec(HOSTNAME ?? '')?.[1];
}

function placeOf(data: z.output<typeof settings>): DocumentConfig['place'] {
  const { UPLOADS_DIR: dir, UPLOADS_S3_BUCKET: bucket } = data;
  if (dir !== undefined && bucket !== undefined)
    throw new ConfigError(
      'UPLOADS_DIR and UPLOADS_S3_BUCKET: documents are kept in one place. Remove one of the two',
    );
  if (dir !== undefined) return { kind: 'volume', dir };
  if (bucket === undefined) return { kind: 'none' };
  const accessKeyId = readSecret('UPLOADS_S3_ACCESS_KEY_ID_FILE', data);
  const secretAccessKey = readSecret('UPLOADS_S3_SECRET_ACCESS_KEY_FILE', data);
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw new ConfigError(
      'UPLOADS_S3_ACCESS_KEY_ID_FILE and UPLOADS_S3_SECRET_ACCESS_KEY_FILE: give both, or none to use the identity of the pod',
    );
  return {
    kind: 'bucket',
    bucket: {
      bucket,
      prefix: data.UPLOADS_S3_PREFIX ?? '',
      endpoint: data.UPLOADS_S3_ENDPOINT,
      region: data.UPLOADS_S3_REGION,
      credentials:
        accessKeyId === undefined || secretAccessKey === undefined
          ? undefined
          : { accessKeyId, secretAccessKey },
    },
  };
}

function readSecret(
  name: 'UPLOADS_S3_ACCESS_KEY_ID_FILE' | 'UPLOADS_S3_SECRET_ACCESS_KEY_FILE',
  data: z.output<typeof settings>,
): string | undefined {
  const file = data[name];
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new ConfigError(
      `${name}: ${file} cannot be read. Mount the Secret there or correct the path`,
    );
  }
}

function refuseFaults(faults: FaultConfig): void {
  const active = [
    faults.errorShare > 0 ? 'FAULT_ERROR_SHARE' : undefined,
    faults.latencyMs > 0 ? 'FAULT_LATENCY_MS' : undefined,
    faults.neverReady ? 'FAULT_NEVER_READY' : undefined,
    faults.resetShare > 0 ? 'FAULT_RESET_SHARE' : undefined,
    faults.crashAfterMs === undefined ? undefined : 'FAULT_CRASH_AFTER_MS',
    faults.hangAfterMs === undefined ? undefined : 'FAULT_HANG_AFTER_MS',
  ].filter((name) => name !== undefined);
  if (active.length === 0) return;
  throw new ConfigError(
    active
      .map(
        (name) =>
          `${name}: refused with APP_ENV=production (the default). Remove ${name}, or set APP_ENV=staging, development or test for a demo`,
      )
      .join('\n'),
  );
}

/** Manifests write `value: ""` for "not set". */
function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}
