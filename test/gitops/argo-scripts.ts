// Runs Lua and jq as Argo CD does, in its own interpreters: a small Go program (scripts/) that is asked
// over its standard input, one JSON line for each script.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ensureBinaries } from '../cluster/src/build/go-build.ts';

export interface LuaRequest {
  readonly script: string;
  /** What the script sees as `obj`. */
  readonly object: unknown;
  /** What it sees as `actionParams`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface JqRequest {
  readonly jq: string;
  readonly object: unknown;
}

export type ScriptAnswer =
  | { readonly result: unknown; readonly error?: undefined }
  | { readonly error: string; readonly result?: undefined };

export interface ScriptRunner {
  run(request: LuaRequest | JqRequest): Promise<ScriptAnswer>;
  /** Ends the program. */
  close(): Promise<void>;
}

/** Starts the program; it is built first when it is not in the cache. */
export async function startScripts(): Promise<ScriptRunner> {
  const programs = await ensureBinaries(['argo-scripts']);
  const child = spawn(programs['argo-scripts'], [], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: { resolve(answer: ScriptAnswer): void; reject(error: Error): void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    waiting.shift()?.resolve(JSON.parse(line) as ScriptAnswer);
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      for (const { reject } of waiting.splice(0)) reject(new Error('the program that runs scripts ended'));
      resolve();
    });
  });
  return {
    run: (request) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(request)}\n`);
      }),
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
