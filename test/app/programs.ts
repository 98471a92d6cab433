// Runs the project's programs as processes of their own, as a container would.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = join(import.meta.dirname, '../..');

/** Entry points by what they are called in the images. */
export const entries = {
  app: join(root, 'app/src/main.ts'),
  migrate: join(root, 'prisma/migrate.ts'),
  backup: join(root, 'backup/src/main.ts'),
} as const;

export interface Ended {
  /** undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly output: string;
}

export interface ProgramOptions {
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A program under way. */
export interface Running {
  readonly pid: number;
  /** What it has printed so far, on both streams. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

const underWay = new Set<Running>();

/** Ends whatever is still running; for the end of each test, however it went. */
export async function stopPrograms(): Promise<void> {
  await Promise.all([...underWay].map(stopApp));
}

/** Starts a script with this Node and nothing of our environment but PATH. */
export function startProgram(
  script: string,
  { args = [], env, cwd = root }: ProgramOptions,
): Running {
  const child: ChildProcess = spawn(process.execPath, [script, ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) =>
      resolve({ code: code ?? undefined, signal: signal ?? undefined, output }),
    );
  });
  const running: Running = {
    pid: child.pid ?? 0,
    output: () => output,
    signal: (name) => void child.kill(name),
    ended,
  };
  underWay.add(running);
  void ended.then(() => underWay.delete(running));
  return running;
}

/** Runs a script to its end. */
export function runProgram(script: string, options: ProgramOptions): Promise<Ended> {
  return startProgram(script, options).ended;
}

export interface RunningApp extends Running {
  readonly url: string;
  readonly metricsUrl: string;
}

/** Starts the app on free ports and waits until it listens; it need not be ready. */
export async function startApp(
  env: Readonly<Record<string, string>>,
  script: string = entries.app,
): Promise<RunningApp> {
  const running = startProgram(script, {
    env: {
      APP_ENV: 'test',
      LISTEN_HOST: '127.0.0.1',
      PORT: '0',
      METRICS_PORT: '0',
      DRAIN_MS: '200',
      ...env,
    },
  });
  const listening = await waitFor(
    'the app to listen',
    async () => /"port":(\d+),"metricsPort":(\d+)/.exec(running.output()) ?? undefined,
    running,
  );
  return {
    ...running,
    url: `http://127.0.0.1:${listening[1]}`,
    metricsUrl: `http://127.0.0.1:${listening[2]}/metrics`,
  };
}

/** Ends an app whatever state it is in. */
export async function stopApp(app: Running | undefined): Promise<void> {
  app?.signal('SIGKILL');
  await app?.ended;
}

/** Polls until `look` gives something. Throws after a minute, or when `running` ends before. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined>,
  running?: Running,
): Promise<T> {
  let ended = false;
  void running?.ended.then(() => {
    ended = true;
  });
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (ended)
      throw new Error(`the program ended while we waited for ${what}: ${running?.output() ?? ''}`);
    if (Date.now() > deadline)
      throw new Error(`waited a minute for ${what}: ${running?.output() ?? ''}`);
    await sleep(20);
  }
}

/** The status of a GET, or 0 when nobody answers. */
export async function statusOf(url: string): Promise<number> {
  return fetch(url).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => 0,
  );
}
