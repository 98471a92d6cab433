// A private NFS share: a server that can be frozen, and a mount of what it serves.
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePorts } from '../cluster/src/process/ports.ts';
import { ganeshaProgram, missingForNfs, nfsInstallHint } from '../../tools/setup/nfs.ts';

export interface NfsShare {
  /** Where the share is mounted. */
  readonly mount: string;
  /** The same files as the server has them, whatever happens to it. */
  readonly exported: string;
  /** The server stops answering, and keeps its connections. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

const startTimeoutMs = 30_000;

/** Throws with the line to type when something is missing. */
export async function startNfsShare(): Promise<NfsShare> {
  const missing = missingForNfs();
  if (missing.length > 0)
    throw new Error(`these tests need an NFS server (${missing.join(', ')}): ${nfsInstallHint}`);
  if (!existsSync('/dev/fuse')) throw new Error('these tests need /dev/fuse: load the fuse module');
  const dir = mkdtempSync(join(tmpdir(), 'slipway-nfs-'));
  const folder = (name: string): string => {
    mkdirSync(join(dir, name));
    return join(dir, name);
  };
  const [exported, mount, state] = [folder('exported'), folder('mount'), folder('state')];
  const [port = 0] = await freePorts(1);
  const server = startServer({ dir, exported, state, port });
  const client = startClient({ dir, mount, port });
  const share = describeShare({ dir, exported, mount, server, client });
  try {
    await until('the share to be mounted', dir, () => {
      if (server.exitCode !== null || client().exitCode !== null) client.retry();
      return statSync(mount).dev !== statSync(dir).dev;
    });
  } catch (error) {
    await share.stop();
    throw error;
  }
  return share;
}

interface ServerOptions {
  readonly dir: string;
  readonly exported: string;
  readonly state: string;
  readonly port: number;
}

function startServer({ dir, exported, state, port }: ServerOptions): ChildProcess {
  const config = join(dir, 'ganesha.conf');
  writeFileSync(
    config,
    `NFS_CORE_PARAM { NFS_Port = ${port}; Protocols = 4; Enable_NLM = false; Enable_RQUOTA = false;
  Enable_UDP = none; Bind_addr = 127.0.0.1; }
NFSv4 { Graceless = true; RecoveryBackend = fs; RecoveryRoot = "${state}"; Minor_Versions = 0; }
NFS_KRB5 { Active_krb5 = false; }
EXPORT { Export_Id = 1; Path = ${exported}; Pseudo = /export; Access_Type = RW; Squash = No_root_squash;
  Protocols = 4; SecType = sys; FSAL { Name = VFS; } }
LOG { Default_Log_Level = WARN; }
`,
  );
  const args = ['-F', '-f', config, '-L', join(dir, 'server.log'), '-p', join(dir, 'server.pid')];
  return spawn(ganeshaProgram, args, { stdio: 'ignore' });
}

interface ClientOptions {
  readonly dir: string;
  readonly mount: string;
  readonly port: number;
}

/** The mounting program under way; it ends at once while the server does not listen yet. */
interface Client {
  (): ChildProcess;
  retry(): void;
}

function startClient({ dir, mount, port }: ClientOptions): Client {
  const program = join(dir, 'mount-nfs');
  const source = join(import.meta.dirname, 'mount-nfs.c');
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'fuse3', 'libnfs'], { encoding: 'utf8' });
  execFileSync('gcc', ['-O1', '-o', program, source, ...flags.trim().split(/\s+/)]);
  const url = `nfs://127.0.0.1/export?version=4&nfsport=${port}`;
  const start = (): ChildProcess => spawn(program, [url, mount], { stdio: 'ignore' });
  let running = start();
  return Object.assign(() => running, {
    retry: () => {
      if (running.exitCode !== null) running = start();
    },
  });
}

interface ShareParts {
  readonly dir: string;
  readonly exported: string;
  readonly mount: string;
  readonly server: ChildProcess;
  readonly client: Client;
}

function describeShare({ dir, exported, mount, server, client }: ShareParts): NfsShare {
  return {
    mount,
    exported,
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    stop: async () => {
      server.kill('SIGCONT');
      client().kill('SIGTERM');
      await ended(client());
      server.kill('SIGKILL');
      await ended(server);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => void child.once('exit', () => resolve()));
}

async function until(what: string, dir: string, isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (!isTrue()) {
    if (Date.now() > deadline) {
      const log = join(dir, 'server.log');
      throw new Error(`waited for ${what}: ${existsSync(log) ? readFileSync(log, 'utf8').slice(-2_000) : 'no log'}`);
    }
    await sleep(100);
  }
}
