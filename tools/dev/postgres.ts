// PostgreSQL for `npm run dev`: a server of its own with kept data, on loopback, with a password.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { findPostgresBinDir, installPostgres, postgresAccount } from '../setup/postgres.ts';
import type { Account } from '../setup/postgres.ts';
import { devPath, keptPassword, REPOSITORY } from './dev-folder.ts';
import { usualOrFree } from './ports.ts';
import type { Ended, Processes } from './processes.ts';

export interface DevDatabase {
  readonly url: string;
  readonly ended: Promise<Ended>;
}

const USER = 'ledger';
const DATABASE = 'ledger';
const USUAL_PORT = 54_320;
const startTimeoutMs = 60_000;

/** Starts the server on the kept data, or on new one. Throws when it does not answer. */
export async function startDevPostgres(processes: Processes): Promise<DevDatabase> {
  if (findPostgresBinDir() === undefined) installPostgres();
  const binDir = findPostgresBinDir() ?? '';
  const account = postgresAccount();
  const data = join(dataFolder(account), 'postgres');
  const password = keptPassword();
  if (!existsSync(data)) createData({ binDir, data, password, account });
  refuseOtherVersion(binDir, data);

  const port = await usualOrFree(USUAL_PORT);
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // A crash of the machine may cost the last second, and never what was before.
    synchronous_commit: 'off',
    dynamic_shared_memory_type: 'mmap',
    // Transactions that lose to another one are tried again by the app: no news.
    log_min_messages: 'fatal',
    log_line_prefix: '',
  };
  const ended = processes.start({
    speaker: 'postgres',
    command: join(binDir, 'postgres'),
    args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    cwd: data,
    // Its fast shutdown.
    endSignal: 'SIGINT',
    account,
  });
  const urlOf = (database: string): string =>
    `postgresql://${USER}:${password}@127.0.0.1:${port}/${database}`;
  await untilItAnswers(urlOf('postgres'), ended);
  return { url: urlOf(DATABASE), ended };
}

/** Removes the kept database. The server must not be running. */
export function forgetDevPostgres(): void {
  rmSync(join(dataFolder(postgresAccount()), 'postgres'), { recursive: true, force: true });
}

/*
 * PostgreSQL refuses to run as root, so root runs it as the account that Debian made. That account
 * may not reach a repository below root's home: then the data is beside other temporary things
 * that outlive a restart, in a folder of this repository's own.
 */
function dataFolder(account: Account | undefined): string {
  const inRepository = devPath('data');
  if (account === undefined) return made(inRepository);
  mkdirSync(inRepository, { recursive: true, mode: 0o755 });
  const reached = spawnSync('test', ['-x', inRepository], { ...account, cwd: '/' });
  const id = createHash('sha256').update(REPOSITORY).digest('hex').slice(0, 12);
  const folder = reached.status === 0 ? inRepository : `/var/tmp/slipway-dev-${id}`;
  made(folder);
  const { uid } = lstatSync(folder);
  if (uid !== 0 && uid !== account.uid) {
    throw new Error(`${folder} belongs to somebody else: remove it, or clone to another folder`);
  }
  chownSync(folder, account.uid, account.gid);
  return folder;
}

function made(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

interface NewData {
  readonly binDir: string;
  readonly data: string;
  readonly password: string;
  readonly account: Account | undefined;
}

/* Half of it must never be taken for all of it: it gets its name when it is complete. */
function createData({ binDir, data, password, account }: NewData): void {
  const unfinished = join(dirname(data), `${basename(data)}.new`);
  const passwordFile = join(dirname(data), 'password.new');
  rmSync(unfinished, { recursive: true, force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) chownSync(passwordFile, account.uid, account.gid);
  const args = [
    ...['-D', unfinished, '-U', USER, `--pwfile=${passwordFile}`, '-A', 'scram-sha-256'],
    ...['-E', 'UTF8', '--locale=C', '--no-instructions', '--no-sync'],
  ];
  const init = spawnSync(join(binDir, 'initdb'), args, {
    ...account,
    cwd: dirname(data),
    encoding: 'utf8',
  });
  rmSync(passwordFile, { force: true });
  if (init.status !== 0) throw new Error(`initdb failed: ${init.stderr}`);
  renameSync(unfinished, data);
}

function refuseOtherVersion(binDir: string, data: string): void {
  const kept = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  const here = basename(dirname(binDir));
  if (kept === here) return;
  throw new Error(
    `the kept database is of PostgreSQL ${kept}, this is ${here}: npm run dev -- --fresh makes a new one`,
  );
}

async function untilItAnswers(url: string, ended: Promise<Ended>): Promise<void> {
  let how: Ended['how'] | undefined;
  void ended.then((end) => (how = end.how));
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    if (how !== undefined) throw new Error(`PostgreSQL ended (${how}) before it answered`);
    try {
      await makeDatabase(url);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

async function makeDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}
