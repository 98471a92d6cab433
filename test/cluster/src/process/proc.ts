// What /proc says about processes. A process is known by its id together with its start time, so
// that an id the kernel has given to somebody else is never taken for ours.

import { readFileSync, readdirSync } from 'node:fs';

/** Identity of one process: survives the reuse of its id. `startTicks` counts from boot. */
export type ProcessIdentity = { readonly pid: number; readonly startTicks: number };

export type ProcStat = {
  readonly name: string;
  readonly state: string;
  readonly parentPid: number;
  readonly threads: number;
  readonly startTicks: number;
};

/** Reads one line of /proc/<pid>/stat. The name may hold spaces and parentheses. */
export const parseProcStat = (line: string): ProcStat | undefined => {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const rest = line.slice(close + 2).split(' ');
  const [state, parent] = rest;
  const start = rest[19];
  if (state === undefined || parent === undefined || start === undefined) return undefined;
  const threads = Number(rest[17]);
  return {
    name: line.slice(open + 1, close),
    state,
    parentPid: Number(parent),
    threads,
    startTicks: Number(start),
  };
};

const readStat = (pid: number): ProcStat | undefined => {
  try {
    return parseProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
};

/** The identity of a running process, or undefined when there is none with this id. */
export const identify = (pid: number): ProcessIdentity | undefined => {
  const stat = readStat(pid);
  return stat === undefined ? undefined : { pid, startTicks: stat.startTicks };
};

/**
 * True while exactly this process runs or holds a port. Its first thread may already be a zombie
 * while others are still closing the sockets; a zombie that is alone has ended.
 */
export const isAlive = (process: ProcessIdentity): boolean => {
  const stat = readStat(process.pid);
  if (stat === undefined || stat.startTicks !== process.startTicks) return false;
  return stat.state !== 'Z' || stat.threads > 1;
};

/** Sends SIGKILL to exactly this process; nothing happens when it has ended. */
export const killHard = (target: ProcessIdentity): void => {
  if (!isAlive(target)) return;
  try {
    process.kill(target.pid, 'SIGKILL');
  } catch {
    // It ended between the look and the signal: what was wanted.
  }
};

export const allPids = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** Ids of the running children of a process. */
export const childrenOf = (pid: number): readonly number[] =>
  allPids().filter((child) => readStat(child)?.parentPid === pid);

const MARK = 'SLIPWAY_OWNER';

/** Environment by which a process and its children are found again. */
export const ownerMark = (owner: string): Readonly<Record<string, string>> => ({ [MARK]: owner });

/** Running processes that carry the owner's mark. */
export const ownedBy = (owner: string): readonly ProcessIdentity[] =>
  allPids()
    .filter((pid) => environmentOf(pid).includes(`${MARK}=${owner}`))
    .map(identify)
    .filter((found) => found !== undefined)
    .filter(isAlive);

const environmentOf = (pid: number): readonly string[] => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    // It has ended, or it is somebody else's.
    return [];
  }
};

/** The command line of a process with blanks between the words; empty when it has ended. */
export const commandLine = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
};
