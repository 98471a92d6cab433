// `npm run dev`, `dev:up`, `dev:down`: the ledger on this machine. Signals and wiring only.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEV_USAGE, parseDevArguments } from './arguments.ts';
import { devPath, holder, holdFolder, releaseFolder } from './dev-folder.ts';
import { shownLine, type Speaker } from './log-lines.ts';
import { createProcesses } from './processes.ts';
import { startSystem, type SystemOptions } from './system.ts';

const upTimeoutMs = 180_000;
const downTimeoutMs = 60_000;
/* npm hands the terminal's Ctrl-C on to us, so that one press arrives twice. */
const samePressMs = 1_000;

const paint = process.stdout.isTTY && process.env['NO_COLOR'] === undefined ? 'coloured' : 'plain';
const say = (speaker: Speaker, line: string): void =>
  void process.stdout.write(`${shownLine(speaker, line, paint)}\n`);

/** Runs until a signal or until a part fails; the exit code. */
async function runForeground(options: SystemOptions): Promise<number> {
  holdFolder();
  const processes = createProcesses(say);
  const stopped = firstSignal();
  try {
    const running = startSystem(options, processes, say).then(({ failed }) => failed);
    const signal = await Promise.race([stopped, running]);
    say('slipway', `${signal}: ending everything`);
    return 0;
  } catch (error) {
    say('slipway', error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await processes.stop();
    releaseFolder();
  }
}

/** Resolves at the first signal; the second press of Ctrl-C ends us, and the kernel our children. */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (firstAt !== undefined && Date.now() - firstAt > samePressMs) process.exit(130);
        firstAt ??= Date.now();
        resolve(signal);
      });
    }
  });
}

/** Starts this program again in the background and returns once the app is ready. */
async function up({ isFresh, port }: SystemOptions): Promise<number> {
  const running = holder();
  if (running !== undefined) throw new Error(`it runs already, as process ${running.pid}`);
  mkdirSync(devPath(), { recursive: true });
  const log = openSync(devPath('dev.log'), 'w');
  const args = [
    import.meta.filename,
    ...(isFresh ? ['--fresh'] : []),
    ...(port === undefined ? [] : ['--port', String(port)]),
  ];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.unref();
  const deadline = Date.now() + upTimeoutMs;
  while (child.exitCode === null && Date.now() < deadline) {
    const url = holder()?.url;
    if (url !== undefined) {
      console.log(`ready: ${url}\nlog: .cache/dev/dev.log; npm run dev:down ends it`);
      return 0;
    }
    await sleep(100);
  }
  console.error(readFileSync(devPath('dev.log'), 'utf8'));
  console.error('not ready; what was said is above');
  child.kill('SIGTERM');
  return 1;
}

async function down(): Promise<number> {
  const running = holder();
  if (running === undefined) {
    console.log('nothing runs');
    return 0;
  }
  process.kill(running.pid, 'SIGTERM');
  const deadline = Date.now() + downTimeoutMs;
  while (holder() !== undefined && Date.now() < deadline) await sleep(50);
  const isGone = holder() === undefined;
  console.log(isGone ? 'ended' : `process ${running.pid} has not ended within a minute`);
  return isGone ? 0 : 1;
}

async function main(): Promise<number> {
  const args = parseDevArguments(process.argv.slice(2));
  if (args.kind === 'help') {
    console.log(DEV_USAGE);
    return 0;
  }
  if (args.kind === 'down') return down();
  return args.kind === 'up' ? up(args) : runForeground(args);
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
