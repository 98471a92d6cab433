// The operator as a process of its own, for what only happens to processes: kill, freeze, signals.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { waitFor } from '../../cluster/src/process/wait.ts';
import type { Lab } from './lab.ts';

export interface OperatorProcess {
  freeze(): void;
  thaw(): void;
  kill(): void;
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>;
  /** Undefined while it runs, or when a signal ended it. */
  exitCode(): number | undefined;
}

const MAIN = join(import.meta.dirname, '../../../operator/src/main.ts');
const END_DEADLINE_MS = 20_000;

/** Starts one for the namespace of the lab; ready when its caches are filled. */
export async function startOperatorProcess(lab: Lab): Promise<OperatorProcess> {
  const args = [
    MAIN,
    '--namespaces',
    lab.namespace,
    '--lease-namespace',
    lab.namespace,
    '--kubeconfig',
    lab.tier.kubeconfigPath,
    '--health-port',
    '0',
    '--metrics-port',
    '0',
  ];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '' },
  });
  let output = '';
  let isOver = false;
  let code: number | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-20_000);
    });
  }
  child.on('exit', (exitCode) => {
    isOver = true;
    code = exitCode ?? undefined;
  });
  const ended = (): Promise<true> =>
    waitFor({
      what: 'the operator process to end',
      deadlineMs: END_DEADLINE_MS,
      check: () => isOver || undefined,
      diagnose: () => output,
    });
  lab.onEnd(async () => {
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await ended();
  });
  await waitFor({
    what: 'the caches of the operator process',
    deadlineMs: 30_000,
    check: () => output.includes('caches filled') || undefined,
    hopeless: () => (isOver ? 'it ended' : undefined),
    diagnose: () => output,
  });
  return {
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill: () => void child.kill('SIGKILL'),
    async stop() {
      child.kill('SIGTERM');
      await ended();
    },
    exitCode: () => code,
  };
}
