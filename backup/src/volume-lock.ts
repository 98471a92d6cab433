// One writer per volume, and one drill. The kernel's file lock is held by a child that ends when its standard
// input does: however this process dies, the lock goes with it and no stale one is left.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface VolumeLock {
  release(): Promise<void>;
}

const busyCode = 75;

/** What is locked: writing sets, or restoring one. They do not disturb each other. */
export type LockName = 'writer' | 'drill';

/** Returns undefined when another process holds it. Needs `flock` (util-linux) in PATH. */
export async function acquireVolumeLock(
  dir: string,
  name: LockName,
): Promise<VolumeLock | undefined> {
  const child = spawn(
    'flock',
    [
      '--nonblock',
      '--conflict-exit-code',
      String(busyCode),
      join(dir, `.${name}.lock`),
      'sh',
      '-c',
      'echo held; exec cat > /dev/null',
    ],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  child.stdin.on('error', () => undefined);
  const ended = new Promise<{ code: number | null; error?: Error }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, error }));
    child.once('exit', (code) => resolve({ code }));
  });
  const held = new Promise<'held'>((resolve) => child.stdout.once('data', () => resolve('held')));
  const first = await Promise.race([held, ended]);
  if (first === 'held') {
    return {
      release: async () => {
        child.stdin.end();
        await ended;
      },
    };
  }
  if (first.code === busyCode) return undefined;
  throw new Error(
    `the volume ${dir} cannot be locked: ${first.error?.message ?? `flock ended with code ${String(first.code)}`}`,
  );
}
