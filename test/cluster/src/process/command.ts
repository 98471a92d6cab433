// Running a program to its end: its output is returned, and a failure says what the program said.

import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

export type CommandOptions = {
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Where all output is appended as well. */
  readonly logPath?: string;
  /** The command is killed after this time; 10 minutes unless told. */
  readonly timeoutMs?: number;
};

const MAX_KEPT_CHARS = 4_000_000;

/**
 * Runs a program and returns its standard output.
 * @throws Error with the exit code, the log's path and the last 20 lines of output.
 */
export const run = async (
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> => {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // Not spawn's own timeout: its timer outlives a program that could not be started.
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 600_000);
  const output = { out: '', all: '' };
  const keep = (chunk: Buffer, isOut: boolean): void => {
    const text = chunk.toString('utf8');
    if (options.logPath !== undefined) appendFileSync(options.logPath, text);
    if (isOut && output.out.length < MAX_KEPT_CHARS) output.out += text;
    output.all = (output.all + text).slice(-MAX_KEPT_CHARS);
  };
  child.stdout.on('data', (chunk: Buffer) => keep(chunk, true));
  child.stderr.on('data', (chunk: Buffer) => keep(chunk, false));
  // A program that does not read its input closes the pipe; its exit code tells the story.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const ending = await new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code === 0 ? '' : `ended with ${signal ?? `code ${code}`}`));
  });
  clearTimeout(timer);
  if (ending === '') return output.out;
  const lines = output.all.trimEnd().split('\n').slice(-20).join('\n');
  const log = options.logPath === undefined ? '' : ` (all output: ${options.logPath})`;
  throw new Error(`${[command, ...args].join(' ').slice(0, 400)}: ${ending}${log}\n${lines}`);
};
