#!/usr/bin/env node
// kubectl-slipway: wires the commands to this process.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '../kube/connect.ts';
import { systemClock } from '../lib/clock.ts';
import type { Io } from './io.ts';
import { run } from './run.ts';

const STANDARD_INPUT = 0;

const interrupted = new AbortController();
// The first Ctrl-C ends a wait in good order; a second one ends the process.
process.once('SIGINT', () => interrupted.abort());

const io: Io = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true,
  env: process.env,
  now: systemClock.now,
  sleep: (ms) => delay(ms, undefined, { signal: interrupted.signal }).catch(() => undefined),
  isInterrupted: () => interrupted.signal.aborted,
  readText,
  writeText,
  connect: (kubeconfigPath) =>
    connect({
      userAgent: 'kubectl-slipway',
      ...(kubeconfigPath === undefined ? {} : { kubeconfigPath }),
    }),
};

process.exitCode = await run(process.argv.slice(2), io);

function writeText(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path === '-' ? STANDARD_INPUT : path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
