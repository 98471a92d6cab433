// Settings are read once; what is wrong is said with the variable and the remedy.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { parseConfig, settingNames } from './config.ts';
import { connectionNames } from './store/connection-config.ts';

const minimal = { DATABASE_URL: 'postgresql://ledger:s3cret@db:5432/bank' };

describe('parseConfig', () => {
  it('needs only a database; everything else has a safe default', () => {
    const config = parseConfig(minimal);
    expect(config).toMatchObject({
      environment: 'production',
      port: 8080,
      metricsPort: 9090,
      drainMs: 3_000,
      poolSize: 5,
      version: 'dev',
    });
    expect(config.faults).toEqual({
      errorShare: 0,
      errorStage: 'before',
      latencyMs: 0,
      neverReady: false,
      resetShare: 0,
      crashAfterMs: undefined,
      hangAfterMs: undefined,
    });
  });

  it.each<[string, NodeJS.ProcessEnv, string]>([
    ['what it is told', { SLIPWAY_RELEASE: 'blue', HOSTNAME: 'ledger-r8-5d9f7c-x2x9q' }, 'blue'],
    ['the ReplicaSet of its pod', { HOSTNAME: 'ledger-r8-5d9f7c-x2x9q' }, 'ledger-r8-5d9f7c'],
    ['its version, under a name that is no pod', { HOSTNAME: 'laptop' }, 'ledger-2.0'],
  ])('names the release: %s', (_name, env, want) => {
    const inCluster = { KUBERNETES_SERVICE_HOST: '10.0.0.1', SLIPWAY_APP_VERSION: '2.0' };
    expect(parseConfig({ ...minimal, ...inCluster, ...env }).release).toBe(want);
  });

  it('takes an empty variable as not set, as manifests write it', () => {
    expect(parseConfig({ ...minimal, PORT: '', FAULT_ERROR_SHARE: '' }).port).toBe(8080);
  });

  it.each([
    ['FAULT_ERROR_SHARE', '0.2'],
    ['FAULT_LATENCY_MS', '100'],
    ['FAULT_NEVER_READY', 'true'],
    ['FAULT_CRASH_AFTER_MS', '5000'],
    ['FAULT_HANG_AFTER_MS', '5000'],
  ])('refuses %s in production and names it with the remedy', (name, value) => {
    for (const environment of [{}, { APP_ENV: 'production' }]) {
      expect(() => parseConfig({ ...minimal, ...environment, [name]: value })).toThrow(
        new RegExp(`${name}: refused .* Remove ${name}`),
      );
    }
    expect(() => parseConfig({ ...minimal, APP_ENV: 'test', [name]: value })).not.toThrow();
  });

  it('lets switched-off faults pass in production', () => {
    const off = { FAULT_ERROR_SHARE: '0', FAULT_LATENCY_MS: '0', FAULT_NEVER_READY: 'false' };
    expect(() => parseConfig({ ...minimal, APP_ENV: 'production', ...off })).not.toThrow();
  });

  it('reads the faults of a demo', () => {
    const faults = {
      FAULT_ERROR_SHARE: '0.2',
      FAULT_ERROR_STAGE: 'after',
      FAULT_LATENCY_MS: '15',
      FAULT_NEVER_READY: 'true',
      FAULT_CRASH_AFTER_MS: '900',
    };
    expect(parseConfig({ ...minimal, APP_ENV: 'staging', ...faults }).faults).toEqual({
      errorShare: 0.2,
      errorStage: 'after',
      latencyMs: 15,
      neverReady: true,
      resetShare: 0,
      crashAfterMs: 900,
      hangAfterMs: undefined,
    });
  });

  it.each([
    ['PORT', 'http', /^PORT: give a number/],
    ['PORT', '70000', /^PORT: give at most 65535/],
    ['PORT', '80.5', /^PORT: give a whole number/],
    ['APP_ENV', 'prod', /^APP_ENV: give production, staging, development or test/],
    ['FAULT_ERROR_SHARE', '20', /^FAULT_ERROR_SHARE: give at most 1/],
    ['FAULT_NEVER_READY', 'yes', /^FAULT_NEVER_READY: give "true" or "false"/],
    ['LOG_LEVEL', 'loud', /^LOG_LEVEL: give a pino level/],
    ['SLIPWAY_RELEASE', 'a b', /^SLIPWAY_RELEASE: give 1 to 128/],
    ['UPLOADS_DIR', 'uploads', /^UPLOADS_DIR: give an absolute path/],
    ['REDIS_URL', 'http://cache', /^REDIS_URL: give redis:/],
    ['SLIPWAY_APP_VERSION', 'a b', /^SLIPWAY_APP_VERSION: give 1 to 64/],
  ])('refuses %s=%s with words that help', (name, value, want) => {
    expect(() => parseConfig({ ...minimal, APP_ENV: 'test', [name]: value })).toThrow(want);
  });

  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    [
      'two places for documents',
      { UPLOADS_DIR: '/uploads', UPLOADS_S3_BUCKET: 'bank' },
      /^UPLOADS_DIR and UPLOADS_S3_BUCKET: .* Remove one/,
    ],
    [
      'half of the keys to a bucket',
      { UPLOADS_S3_BUCKET: 'bank', UPLOADS_S3_ACCESS_KEY_ID_FILE: import.meta.filename },
      /: give both, or none/,
    ],
    [
      'a key that is not there',
      { UPLOADS_S3_BUCKET: 'bank', UPLOADS_S3_ACCESS_KEY_ID_FILE: '/nowhere/key' },
      /^UPLOADS_S3_ACCESS_KEY_ID_FILE: .* cannot be read. Mount/,
    ],
    [
      'a prefix that is a way out',
      { UPLOADS_S3_BUCKET: 'bank', UPLOADS_S3_PREFIX: '/bank/' },
      /^UPLOADS_S3_PREFIX: /,
    ],
  ])('refuses %s', (_name, env, want) => {
    expect(() => parseConfig({ ...minimal, ...env })).toThrow(want);
  });

  it('names all mistakes at once', () => {
    expect(() => parseConfig({ ...minimal, PORT: 'x', DRAIN_MS: 'y' })).toThrow(
      /PORT: [^\n]*\nDRAIN_MS: /,
    );
  });
});

describe('.env.example', () => {
  const text = readFileSync(join(import.meta.dirname, '../.env.example'), 'utf8');
  const lines = [...text.matchAll(/^#?([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name = '', value = '']) => ({
    name,
    value,
  }));

  it('names every setting, and nothing else', () => {
    expect(lines.map(({ name }) => name).toSorted()).toEqual(
      [...settingNames, ...connectionNames].toSorted(),
    );
  });

  it('tells the defaults: set as they stand there, they change nothing', () => {
    const url = 'postgresql://ledger:password@127.0.0.1:5432/bank';
    const shown = Object.fromEntries(lines.map(({ name, value }) => [name, value]));
    expect(parseConfig(shown)).toEqual(parseConfig({ DATABASE_URL: url }));
  });
});
