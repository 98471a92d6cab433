// Runs one tier as a child process and counts what passed and failed.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tier } from './tiers.ts';

export interface TierResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  /** Tests that did not run though they are there. They count as failed: nothing is skipped. */
  readonly notRun: number;
  readonly seconds: number;
  /** Names of what failed, for the summary. */
  readonly failures: readonly string[];
}

const root = new URL('../..', import.meta.url).pathname;

/** A jest that wrote its results and still runs has left something open: it will not end by itself. */
const LINGERING_MAX_MS = 60_000;

export async function runTier(tier: Tier): Promise<TierResult> {
  const started = performance.now();
  const counted = tier.kind === 'check' ? await runCheck(tier) : await runJest(tier);
  return { name: tier.name, ...counted, seconds: (performance.now() - started) / 1000 };
}

type Counted = Omit<TierResult, 'name' | 'seconds'>;

async function runCheck({ name, args }: Extract<Tier, { kind: 'check' }>): Promise<Counted> {
  const code = await run('npm', args);
  return code === 0
    ? { passed: 1, failed: 0, notRun: 0, failures: [] }
    : { passed: 0, failed: 1, notRun: 0, failures: [`${name} (exit code ${code})`] };
}

async function runJest({ name, config }: Extract<Tier, { kind: 'jest' }>): Promise<Counted> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-test-'));
  const output = join(folder, 'result.json');
  try {
    const args = [
      'node_modules/jest/bin/jest.js',
      '--config',
      config,
      '--json',
      '--outputFile',
      output,
    ];
    const code = await run(process.execPath, args, {
      env: { NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning' },
      done: { output, lingeringMaxMs: LINGERING_MAX_MS },
    });
    return countResults(readResults(output), { name, code });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface JestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function readResults(file: string): JestResults | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JestResults;
  } catch {
    // Jest ended before it wrote anything: the tier could not run.
    return undefined;
  }
}

/** A suite that could not be loaded, or a run without results, is a failure of its own. */
export function countResults(
  results: JestResults | undefined,
  { name, code }: { name: string; code: number },
): Counted {
  if (!results)
    return {
      passed: 0,
      failed: 1,
      notRun: 0,
      failures: [`${name}: the tier could not run (exit code ${code})`],
    };
  const failures = results.testResults.flatMap((suite) => {
    const tests = suite.assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => test.fullName);
    return tests.length === 0 && suite.status === 'failed'
      ? [`${suite.name}: could not run`]
      : tests;
  });
  const notRun = results.numPendingTests + results.numTodoTests;
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + notRun;
  const total = failed + results.numPassedTests;
  if (total === 0)
    return { passed: 0, failed: 1, notRun: 0, failures: [`${name}: there is no test`] };
  // A run that failed without a failed test failed in its set-up or tear-down.
  const silent = code !== 0 && failed === 0 ? 1 : 0;
  return {
    passed: results.numPassedTests,
    failed: failed + silent,
    notRun,
    failures: silent === 1 ? [`${name}: exit code ${code} without a failed test`] : failures,
  };
}

/** The file that says a command has done its work, and how long it may still take to end, in ms. */
interface Done {
  readonly output: string;
  readonly lingeringMaxMs: number;
}

/** The exit code of a command; one that does not end after its work is killed, and has failed. */
export function run(
  command: string,
  args: readonly string[],
  { env, done }: { env?: Record<string, string>; done?: Done } = {},
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, [...args], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    });
    const watch = done && endLingering(child, done);
    child.on('error', (error) => {
      clearInterval(watch);
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      resolve(code ?? (signal ? 128 : 1));
    });
  });
}

function endLingering(child: ChildProcess, { output, lingeringMaxMs }: Done): NodeJS.Timeout {
  let doneAt: number | undefined;
  return setInterval(() => {
    if (doneAt === undefined && existsSync(output)) doneAt = performance.now();
    if (doneAt === undefined || performance.now() - doneAt < lingeringMaxMs) return;
    console.error('the tests are over, and something they left open keeps them running: killed');
    child.kill('SIGKILL');
  }, Math.min(1000, lingeringMaxMs));
}
