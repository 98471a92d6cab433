// A private PostgreSQL on a free loopback port, in a folder of its own, gone after the tests.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';
import type { QueryResultRow } from 'pg';

import { freePorts } from '../cluster/src/process/ports.ts';
import {
  findPostgresBinDir,
  postgresAccount,
  postgresInstallHint,
} from '../../tools/setup/postgres.ts';

export interface PrivatePostgres {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Where pg_dump, pg_restore and psql of the same version are. */
  readonly binDir: string;
  /** postgresql://… of one of its databases. */
  url(database: string): string;
  /** PG* variables for programs that take those. */
  env(database: string): Record<string, string>;
  createDatabase(name: string): Promise<void>;
  query<T extends QueryResultRow>(database: string, sql: string): Promise<T[]>;
  stop(): Promise<void>;
}

const user = 'ledger';
const startTimeoutMs = 60_000;

export interface PostgresOptions {
  /** Whether a commit waits for the disk, as it does in production. Tests need not. */
  readonly fsync?: 'on' | 'off';
}

/** Starts a server. Throws with the line to type when there is no PostgreSQL on this machine. */
export async function startPostgres({
  fsync = 'off',
}: PostgresOptions = {}): Promise<PrivatePostgres> {
  const binDir = findPostgresBinDir();
  if (binDir === undefined)
    throw new Error(`these tests need PostgreSQL's server: ${postgresInstallHint}`);
  const account = postgresAccount();
  const dir = mkdtempSync(join(tmpdir(), 'slipway-pg-'));
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(dir, 'password');
  writeFileSync(passwordFile, password);
  chmodSync(dir, 0o700);
  if (account !== undefined)
    for (const path of [dir, passwordFile]) chownSync(path, account.uid, account.gid);

  const data = join(dir, 'data');
  const init = spawnSync(
    join(binDir, 'initdb'),
    [
      '-D',
      data,
      '-U',
      user,
      `--pwfile=${passwordFile}`,
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
      '--no-instructions',
    ],
    { ...account, cwd: dir, encoding: 'utf8' },
  );
  if (init.status !== 0) throw new Error(`initdb failed: ${init.stderr}`);
  const [port = 0] = await freePorts(1);
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: dir,
    max_connections: 120,
    fsync,
    // Shared memory in its own folder: whatever else happens to /dev/shm on this machine.
    dynamic_shared_memory_type: 'mmap',
    log_min_messages: 'fatal',
  };
  const logFile = join(dir, 'server.log');
  const log = openSync(logFile, 'w');
  const server = spawn(
    join(binDir, 'postgres'),
    [
      '-D',
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { ...account, cwd: dir, stdio: ['ignore', 'ignore', log] },
  );
  closeSync(log);
  const instance = describeServer({ server, dir, port, password, binDir });
  try {
    await waitUntilItAnswers(instance, server);
  } catch (error) {
    const said = readFileSync(logFile, 'utf8').slice(-2_000);
    await instance.stop();
    throw new Error(`PostgreSQL did not start: ${said}`, { cause: error });
  }
  return instance;
}

interface ServerParts {
  readonly server: ChildProcess;
  readonly dir: string;
  readonly port: number;
  readonly password: string;
  readonly binDir: string;
}

function describeServer({ server, dir, port, password, binDir }: ServerParts): PrivatePostgres {
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const url = (database: string): string =>
    `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`;
  const query = async <T extends QueryResultRow>(database: string, sql: string): Promise<T[]> => {
    const client = new Client({ connectionString: url(database) });
    await client.connect();
    try {
      return (await client.query<T>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  return {
    port,
    user,
    password,
    binDir,
    url,
    env: (database) => ({
      PGHOST: '127.0.0.1',
      PGPORT: String(port),
      PGUSER: user,
      PGPASSWORD: password,
      PGDATABASE: database,
    }),
    createDatabase: async (name) => void (await query('postgres', `CREATE DATABASE "${name}"`)),
    query,
    stop: async () => {
      // SIGINT is PostgreSQL's fast shutdown: it disconnects clients and removes its shared memory.
      if (server.exitCode === null) server.kill('SIGINT');
      await exited;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function waitUntilItAnswers(instance: PrivatePostgres, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    if (server.exitCode !== null)
      throw new Error(`postgres ended with code ${server.exitCode} before it answered`);
    try {
      await instance.query('postgres', 'SELECT 1');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}
