// The operator as its image runs it: the bundle, in a process of its own, writing its log to a file.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { REPOSITORY } from '../../cluster/src/paths.ts';
import { waitFor } from '../../cluster/src/process/wait.ts';
import { commandOfImage } from './image-command.ts';
import { type Usage, usageOf } from './process-usage.ts';

/** What the operator calls itself in the audit log. */
export const OPERATOR_AGENT = 'slipway-operator/';

export type OperatorOptions = {
  readonly bundle: string;
  /** `in-pod.ts`, bundled as well: stripping types at run time would cost memory. */
  readonly preload: string;
  /** URL of the API server. */
  readonly server: string;
  /** Folder with the token and the certificate that a pod would find mounted. */
  readonly accountFolder: string;
  readonly namespace: string;
  readonly logPath: string;
  /** Name of the pod it would be: the first part of its identity in the Lease. */
  readonly name: string;
};

export type OperatorProcess = {
  readonly name: string;
  readonly pid: number;
  /** Resolves when it has said that. */
  said(message: string): Promise<void>;
  usage(): Usage;
  /** SIGTERM, and until it has ended. */
  stop(): Promise<void>;
  /** SIGKILL, and until it has ended. */
  kill(): Promise<void>;
};

const NODE = join(REPOSITORY, 'node_modules/node/bin/node');
const START_DEADLINE_MS = 120_000;
const STOP_DEADLINE_MS = 30_000;

/** Starts the operator; it need not be ready when this returns. */
export const startOperatorProcess = (options: OperatorOptions): OperatorProcess => {
  const { accountFolder, bundle, namespace, logPath, name, preload } = options;
  const server = new URL(options.server);
  const { env, flags } = commandOfImage();
  const log = openSync(logPath, 'w', 0o600);
  const child = spawn(
    NODE,
    [
      ...flags, '--import', preload, bundle,
      '--namespaces', namespace, '--lease-namespace', namespace,
      '--health-port', '0', '--metrics-port', '0',
    ],
    {
      stdio: ['ignore', log, log],
      env: {
        ...env,
        POD_NAME: name,
        KUBERNETES_SERVICE_HOST: server.hostname,
        KUBERNETES_SERVICE_PORT: server.port,
        BENCH_SERVICE_ACCOUNT: accountFolder,
      },
    },
  );
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { pid } = child;
  if (pid === undefined) throw new Error(`the operator did not start: ${bundle}`);
  return {
    name,
    pid,
    said: (message) =>
      waitFor({
        what: `the operator to say "${message}"`,
        deadlineMs: START_DEADLINE_MS,
        everyMs: 20,
        check: () => readFileSync(logPath, 'utf8').includes(`"msg":"${message}"`) || undefined,
        hopeless: () => (child.exitCode === null ? undefined : `it ended with ${child.exitCode}`),
        diagnose: () => readFileSync(logPath, 'utf8').split('\n').slice(-10).join('\n'),
      }).then(() => undefined),
    usage: () => usageOf(pid),
    stop: () => end(child, 'SIGTERM', ended),
    kill: () => end(child, 'SIGKILL', ended),
  };
};

const end = async (child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL', ended: Promise<void>): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  // Whatever does not end by itself must not outlive the benchmark.
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await ended;
  clearTimeout(timer);
};
