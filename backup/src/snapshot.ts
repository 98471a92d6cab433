// One moment of the database that pg_dump and our own questions share: a transaction of psql that stays
// open and exports its snapshot. psql rather than a driver, so that all tools connect the same way.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import type { BackupConfig } from './config.ts';
import { ToolError } from './tool.ts';

export interface Snapshot {
  /** What pg_dump takes for `--snapshot`. */
  readonly name: string;
  /** All that was committed before it is in the snapshot. */
  readonly recoveryPoint: { readonly time: string; readonly lsn: string };
  readonly serverVersion: string;
  /** Lines of the answer. */
  ask(sql: string): Promise<readonly string[]>;
}

const maxErrorBytes = 4_096;
const maxLines = 1_000_000;

/* Before the transaction: what is committed by now is in the snapshot that comes after. A standby is
   read at what it has replayed, and knows no serializable transactions. */
const beforeSql = `SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0;
SELECT json_build_object(
  'serverVersion', current_setting('server_version'),
  'isStandby', pg_is_in_recovery(),
  'time', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  'lsn', CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)`;

/** Runs `work` while the snapshot is held. */
export async function withSnapshot<T>(
  config: BackupConfig,
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const session = openSession(config);
  try {
    const [line = ''] = await session.ask(beforeSql);
    const before = JSON.parse(line) as Before;
    // Deferrable: waits for a moment at which no serializable transaction can have seen anything else.
    const isolation = before.isStandby ? 'REPEATABLE READ' : 'SERIALIZABLE';
    await session.ask(`BEGIN ISOLATION LEVEL ${isolation} READ ONLY DEFERRABLE`);
    const [name = ''] = await session.ask('SELECT pg_export_snapshot()');
    const { time, lsn, serverVersion } = before;
    return await work({ name, recoveryPoint: { time, lsn }, serverVersion, ask: session.ask });
  } finally {
    session.close();
  }
}

interface Before {
  readonly serverVersion: string;
  readonly isStandby: boolean;
  readonly time: string;
  readonly lsn: string;
}

interface Session {
  ask(sql: string): Promise<readonly string[]>;
  close(): void;
}

const options = [
  '--no-psqlrc',
  '--no-password',
  '--quiet',
  '--tuples-only',
  '--no-align',
  '--set=ON_ERROR_STOP=1',
];
const endOfAnswer = '-- end of answer --';

function openSession(config: BackupConfig): Session {
  const child = spawn('psql', [...options, `--dbname=${config.database}`], {
    env: config.toolEnv,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: config.toolTimeoutMs,
    killSignal: 'SIGKILL',
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-maxErrorBytes);
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<never>((_resolve, reject) => {
    const fail = (why: string): void =>
      reject(new ToolError(`psql failed (${why}): ${errors.trim() || 'it said nothing'}`));
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => fail(signal === null ? `exit code ${code}` : `ended by ${signal}`));
  });
  ended.catch(() => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (sql) => {
      child.stdin.write(`${sql};\n\\echo ${endOfAnswer}\n`);
      return Promise.race([answer(lines, ended), ended]);
    },
    close: () => {
      child.stdin.end();
      setTimeout(() => child.kill('SIGKILL'), 5_000).unref();
    },
  };
}

async function answer(lines: AsyncIterator<string>, ended: Promise<never>): Promise<readonly string[]> {
  const answered: string[] = [];
  for (;;) {
    const { done, value } = await lines.next();
    if (done === true) return ended;
    if (value === endOfAnswer) return answered;
    if (answered.length === maxLines) throw new ToolError(`psql answered more than ${maxLines} lines`);
    answered.push(value);
  }
}
