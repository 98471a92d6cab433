// Runs PostgreSQL's programs. An exit code other than 0, a signal, or too long a run is an error.
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

export interface ToolCall {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Reads standard output as it comes; without it the text is returned. */
  readonly consume?: (output: Readable) => Promise<void>;
  /** Standard input; without it there is none. A program may end without reading all of it. */
  readonly input?: Readable;
}

const maxTextBytes = 8_388_608;
const maxErrorBytes = 4_096;

/** A program failed; the message ends with the last of what it said. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/** Resolves with standard output (empty when `consume` took it) once the program has ended well. */
export async function runTool({
  program,
  args,
  env,
  timeoutMs,
  consume,
  input,
}: ToolCall): Promise<string> {
  const child = spawn(program, args, {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-maxErrorBytes);
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) =>
      resolve(
        code === 0
          ? undefined
          : signal === null
            ? `exit code ${String(code)}`
            : `ended by ${signal}`,
      ),
    );
  });
  const text: string[] = [];
  const consuming = consume === undefined ? collect(child.stdout, text) : consume(child.stdout);
  // Whoever reads may fail first (disk full): then the program has to go as well.
  const feeding = feed(child, input);
  const [read, fed, failure] = await Promise.all([
    consuming.then(
      () => undefined,
      (error: unknown) => {
        child.kill('SIGKILL');
        return { error };
      },
    ),
    feeding,
    ended,
  ]);
  if (read !== undefined) throw read.error;
  if (fed !== undefined) throw fed.error;
  if (failure !== undefined)
    throw new ToolError(`${program} failed (${failure}): ${errors.trim() || 'it said nothing'}`);
  return text.join('');
}

/** Resolves with what the source failed with; a program that stops reading is its own business. */
async function feed(
  child: ChildProcessWithoutNullStreams,
  input: Readable | undefined,
): Promise<{ error: unknown } | undefined> {
  const { stdin } = child;
  if (input === undefined) {
    stdin.on('error', () => undefined).end();
    return undefined;
  }
  stdin.on('error', () => input.destroy());
  child.once('close', () => input.destroy());
  try {
    for await (const chunk of input) {
      if (!stdin.write(chunk) && !stdin.destroyed)
        await Promise.race([once(stdin, 'drain'), once(stdin, 'close')]);
      if (stdin.destroyed) break;
    }
    stdin.end();
    return undefined;
  } catch (error) {
    if (stdin.destroyed) return undefined;
    child.kill('SIGKILL');
    return { error };
  }
}

async function collect(output: Readable, into: string[]): Promise<void> {
  let size = 0;
  for await (const chunk of output.setEncoding('utf8') as AsyncIterable<string>) {
    size += chunk.length;
    if (size > maxTextBytes) throw new ToolError('a program printed more than 8 MiB');
    into.push(chunk);
  }
}
