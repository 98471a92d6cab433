// One builder at a time on this machine. The lock is an abstract Unix socket: the kernel gives it
// back when its owner dies, so there is no stale lock to clean up.

import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import type { Server } from 'node:net';

import { waitFor } from './wait.ts';

/** Runs `work` while holding the named lock; waits up to `deadlineMs` for another owner. */
export const withLock = async <T>(
  name: string,
  deadlineMs: number,
  work: () => Promise<T>,
): Promise<T> => {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 32);
  const server = await waitFor({
    what: `the lock ${name}, held by another process`,
    deadlineMs,
    everyMs: 200,
    check: () => listen(`\0slipway-${digest}`),
  });
  try {
    return await work();
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
};

const listen = (path: string): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ path }, () => resolve(server));
  });
