// The programs as the images hold them: one file each, in an empty folder, without node_modules.
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { build } from 'esbuild';

import { startPostgres } from './postgres.ts';
import type { PrivatePostgres } from './postgres.ts';
import { entries, runProgram, startApp, statusOf, stopApp, waitFor } from './programs.ts';

let postgres: PrivatePostgres;
let dir = '';

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.createDatabase('bank');
  dir = mkdtempSync(join(tmpdir(), 'bundles-'));
  // CommonJS dependencies ask for `require`, which ESM does not have.
  const banner = {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  };
  for (const [name, entry] of Object.entries(entries)) {
    await build({
      entryPoints: [entry],
      outfile: join(dir, `${name}.mjs`),
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      minifySyntax: true,
      banner,
      logLevel: 'error',
    });
  }
  cpSync(join(import.meta.dirname, '../../prisma/migrations'), join(dir, 'migrations'), {
    recursive: true,
  });
});
afterAll(async () => {
  rmSync(dir, { recursive: true, force: true });
  await postgres.stop();
});

it('migrate, serve, back up and restore from bundles alone', async () => {
  expect(readdirSync(dir).toSorted()).toEqual([
    'app.mjs',
    'backup.mjs',
    'migrate.mjs',
    'migrations',
  ]);
  const env = postgres.env('bank');
  expect(await runProgram(join(dir, 'migrate.mjs'), { env, cwd: dir })).toMatchObject({
    code: 0,
    output: expect.stringContaining('"kind":"applied"'),
  });
  const app = await startApp(env, join(dir, 'app.mjs'));
  try {
    await waitFor(
      'readiness',
      async () => ((await statusOf(`${app.url}/readyz`)) === 200 ? true : undefined),
      app,
    );
    expect(await statusOf(`${app.url}/ledger/summary`)).toBe(200);
  } finally {
    await stopApp(app);
  }
  const backupEnv = {
    ...env,
    PATH: `${postgres.binDir}:${process.env['PATH'] ?? ''}`,
    BACKUP_DIR: join(dir, 'volume'),
  };
  for (const command of ['run', 'drill', 'list']) {
    expect(
      await runProgram(join(dir, 'backup.mjs'), { env: backupEnv, cwd: dir, args: [command] }),
    ).toMatchObject({ code: 0 });
  }
});
