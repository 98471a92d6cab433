// `.cache/dev`: what is kept between runs, and which process is running on it now.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const REPOSITORY = resolve(import.meta.dirname, '../..');
const FOLDER = join(REPOSITORY, '.cache/dev');

/** A file or folder of `.cache/dev`; it need not exist. */
export const devPath = (...parts: readonly string[]): string => join(FOLDER, ...parts);

export interface Holder {
  readonly pid: number;
  /** Of the app; undefined until it is ready. */
  readonly url?: string | undefined;
}

/** The process that runs on this folder, or undefined. */
export function holder(): Holder | undefined {
  if (!existsSync(devPath('running.json'))) return undefined;
  const held = JSON.parse(readFileSync(devPath('running.json'), 'utf8')) as Holder;
  return isOurs(held.pid) ? held : undefined;
}

/** Takes the folder, or tells more of it. Throws when another process has it. */
export function holdFolder(url?: string): void {
  const other = holder();
  if (other !== undefined && other.pid !== process.pid) {
    throw new Error(
      `it runs already, as process ${other.pid}${other.url === undefined ? '' : ` at ${other.url}`}: ` +
        'end that one first (Ctrl-C there, or npm run dev:down)',
    );
  }
  mkdirSync(FOLDER, { recursive: true, mode: 0o755 });
  writeFileSync(devPath('running.json'), JSON.stringify({ pid: process.pid, url }));
}

export function releaseFolder(): void {
  if (holder()?.pid === process.pid) rmSync(devPath('running.json'), { force: true });
}

/** A password made once and kept for the next run. */
export function keptPassword(): string {
  const path = devPath('password');
  if (!existsSync(path)) writeFileSync(path, randomBytes(16).toString('hex'), { mode: 0o600 });
  return readFileSync(path, 'utf8').trim();
}

/* A process id comes round again after a restart of the machine. */
function isOurs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const commandLine = `/proc/${pid}/cmdline`;
  return !existsSync(commandLine) || readFileSync(commandLine, 'utf8').includes('tools/dev/main.ts');
}
