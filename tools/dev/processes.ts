// Children of `npm run dev`. They have process groups of their own, so that Ctrl-C reaches only us
// and we end them in order; and the kernel ends them when we die without having done so.
import { spawn, type ChildProcess } from 'node:child_process';
import { findProgram } from '../../test/cluster/src/build/prerequisites.ts';
import { lineSplitter, type Speaker } from './log-lines.ts';

export interface Program {
  readonly speaker: Speaker;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What asks it to end; after `patienceMs` it is killed. */
  readonly endSignal: NodeJS.Signals;
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
}

export interface Ended {
  readonly speaker: Speaker;
  /** Exit code, or the name of the signal. */
  readonly how: number | NodeJS.Signals;
}

export type Say = (speaker: Speaker, line: string) => void;

const patienceMs = 15_000;

interface Child {
  readonly program: Program;
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface Processes {
  /** Starts a program. The promise tells how it ended; it does not fail. Throws after `stop`. */
  start(program: Program): Promise<Ended>;
  /** Ends all, the last started first. */
  stop(): Promise<void>;
}

/** Starts and ends children; what they print goes to `say`. */
export function createProcesses(say: Say): Processes {
  const children: Child[] = [];
  let isStopping = false;
  return {
    start: (program) => {
      if (isStopping) throw new Error(`${program.speaker} is not started any more: everything ends`);
      const child = launch(program, say);
      children.push(child);
      return child.ended;
    },
    stop: async () => {
      isStopping = true;
      for (const child of children.splice(0).toReversed()) await end(child);
    },
  };
}

function launch(program: Program, say: Say): Child {
  const { speaker, command, args, cwd, env, account } = program;
  const [file, ...rest] = [...endsWithUs(program.endSignal), command, ...args];
  const child = spawn(file ?? command, rest, {
    cwd,
    detached: true,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? cwd, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...account,
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', lineSplitter((line) => say(speaker, line)));
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once('error', (error) => {
      say(speaker, `could not be started: ${error.message}`);
      resolve({ speaker, how: 127 });
    });
    child.once('close', (code, signal) => resolve({ speaker, how: code ?? signal ?? 0 }));
  });
  return { program, process: child, ended };
}

/* Where the kernel can be told: our own death is the children's end signal. */
function endsWithUs(signal: NodeJS.Signals): readonly string[] {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined;
  return setpriv === undefined ? [] : [setpriv, '--pdeathsig', signal.replace('SIG', '')];
}

async function end({ program, process: child, ended }: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(program.endSignal);
  const kill = setTimeout(() => killGroup(child), patienceMs);
  await ended;
  clearTimeout(kill);
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}
