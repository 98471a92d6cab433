// Starting and ending the long-running programs of a cluster. They outlive their starter, write to
// a log file and are ended by identity.

import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';

import { identify, isAlive, killHard, ownedBy, ownerMark } from './proc.ts';
import type { ProcessIdentity } from './proc.ts';
import { waitFor } from './wait.ts';

/** A started program as the state file remembers it: enough to end it and to start it again. */
export type Daemon = ProcessIdentity & Pick<DaemonSpec, 'name' | 'owner' | 'logPath' | 'command' | 'args'>;

export type DaemonSpec = {
  readonly name: string;
  /** Folder of whoever it belongs to. It and all its children carry the mark, see `ownedBy`. */
  readonly owner: string;
  /** Absolute path of the program. */
  readonly command: string;
  readonly args: readonly string[];
  readonly logPath: string;
  readonly env?: Readonly<Record<string, string>>;
};

/**
 * Starts a program in a session of its own, with its output appended to its log.
 * @throws Error when the program does not exist or ended before it could be identified.
 */
export const startDaemon = (spec: DaemonSpec): Daemon => {
  if (!existsSync(spec.command)) throw new Error(`${spec.name}: no program at ${spec.command}`);
  const log = openSync(spec.logPath, 'a', 0o600);
  try {
    const child = spawn(spec.command, spec.args, {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '', HOME: '/', ...ownerMark(spec.owner), ...spec.env },
    });
    child.unref();
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    if (identity === undefined) throw new Error(`${spec.name}: did not start\n${tail(spec)}`);
    const { name, owner, logPath, command, args } = spec;
    return { ...identity, name, owner, logPath, command, args };
  } finally {
    closeSync(log);
  }
};

/**
 * Kills whatever carries the owner's mark. Finds also what was started in the instant before its
 * starter was killed, so that nobody could record it.
 */
export const stopOwned = async (owner: string): Promise<void> => {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const found = ownedBy(owner);
    if (found.length === 0) return;
    await stopDaemons(found);
  }
};

/** A killed program may have begun another one meanwhile; that one has no starter any more. */
const MOST_ROUNDS = 5;

/** Kills the programs and returns when none of them is left. */
export const stopDaemons = async (daemons: readonly ProcessIdentity[]): Promise<void> => {
  for (const daemon of daemons) killHard(daemon);
  await waitFor({
    what: `${daemons.length} processes to end after SIGKILL`,
    deadlineMs: 20_000,
    everyMs: 10,
    check: () => (daemons.some(isAlive) ? undefined : true),
  });
};

const LONGEST_LINE = 300;

/** The end of a program's log, with a heading that names the program and the file. */
export const tail = (log: { readonly name: string; readonly logPath: string }, lines = 20): string => {
  const text = existsSync(log.logPath) ? readFileSync(log.logPath, 'utf8') : '';
  const last = text.trimEnd().split('\n').slice(-lines).map((line) => line.slice(0, LONGEST_LINE));
  return [`--- last lines of ${log.name} (${log.logPath})`, ...last].join('\n');
};

/** For `waitFor`: names the first of the programs that has ended. */
export const endedOne = (daemons: readonly Daemon[]) => (): string | undefined => {
  const ended = daemons.find((daemon) => !isAlive(daemon));
  return ended === undefined ? undefined : `${ended.name} has ended\n${tail(ended)}`;
};
