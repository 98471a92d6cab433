// A private Redis on a free loopback port that can be stopped, hung and started again.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';

import { freePorts } from '../cluster/src/process/ports.ts';
import { findRedisServer, redisInstallHint } from '../../tools/setup/redis.ts';

export interface PrivateRedis {
  readonly url: string;
  /** Ends it; nothing is kept. */
  stop(): Promise<void>;
  /** The same port again, empty. */
  start(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing is answered. */
  hang(): void;
  goOn(): void;
}

/** Throws with the line to type when there is no Redis on this machine. */
export async function startRedis(): Promise<PrivateRedis> {
  const program = findRedisServer();
  if (program === undefined) throw new Error(`these tests need Redis: ${redisInstallHint}`);
  const [port = 0] = await freePorts(1);
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    server = spawn(
      program,
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', tmpdir()],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await untilItAnswers(server);
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    stop: async () => {
      const ending = server;
      server = undefined;
      if (ending === undefined || ending.exitCode !== null) return;
      const ended = new Promise((resolve) => ending.once('exit', resolve));
      ending.kill('SIGKILL');
      await ended;
    },
    hang: () => void server?.kill('SIGSTOP'),
    goOn: () => void server?.kill('SIGCONT'),
  };
}

function untilItAnswers(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    server.once('exit', () => reject(new Error(`Redis did not start: ${said}`)));
    server.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000);
      if (said.includes('Ready to accept connections')) resolve();
    });
  });
}
