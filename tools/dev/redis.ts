// Redis for `npm run dev`: a cache that forgets everything at its end. The app works without it.
import { mkdirSync } from 'node:fs';
import { findRedisServer, installRedis } from '../setup/redis.ts';
import { devPath } from './dev-folder.ts';
import { usualOrFree } from './ports.ts';
import type { Ended, Processes, Say } from './processes.ts';

export interface DevCache {
  readonly url: string;
  readonly ended: Promise<Ended>;
}

const USUAL_PORT = 63_790;

/** Starts a server, or says why there is none and gives undefined. */
export async function startDevRedis(processes: Processes, say: Say): Promise<DevCache | undefined> {
  const command = serverProgram(say);
  if (command === undefined) return undefined;
  const folder = devPath('redis');
  mkdirSync(folder, { recursive: true });
  const port = await usualOrFree(USUAL_PORT);
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    maxmemory: '64mb',
    'maxmemory-policy': 'allkeys-lru',
    // It has much to say about the machine at each start.
    logfile: 'redis.log',
  };
  const ended = processes.start({
    speaker: 'redis',
    command,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    cwd: folder,
    endSignal: 'SIGTERM',
  });
  return { url: `redis://127.0.0.1:${port}`, ended };
}

function serverProgram(say: Say): string | undefined {
  try {
    if (findRedisServer() === undefined) installRedis();
  } catch (error) {
    say('redis', `not started, the app goes without: ${error instanceof Error ? error.message : error}`);
  }
  return findRedisServer();
}
