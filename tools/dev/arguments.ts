// The command line of `npm run dev`.
import { parseArgs } from 'node:util';

export const DEV_USAGE = `npm run dev -- [--fresh] [--port N]   in the foreground, Ctrl-C ends everything
npm run dev:up -- [--fresh] [--port N]  in the background; returns once /readyz is 200
npm run dev:down                        ends what dev:up started

  --fresh   forget the database and the cache of earlier runs
  --port N  of the app; otherwise 8080, or a free one when that is taken`;

export type DevArguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'down' }
  | {
      readonly kind: 'run' | 'up';
      readonly isFresh: boolean;
      /** Of the app. Undefined: the usual one, or another when that is taken. */
      readonly port: number | undefined;
    };

/** Throws a sentence and the usage when the arguments make no sense. */
export function parseDevArguments(args: readonly string[]): DevArguments {
  const { values, positionals } = readAll(args);
  const [kind = 'run', ...more] = positionals;
  if (values.help === true) return { kind: 'help' };
  if (more.length > 0) throw usage(`too many words: ${more.join(' ')}`);
  if (kind === 'down') return { kind };
  if (kind !== 'run' && kind !== 'up') throw usage(`"${kind}" is neither up nor down`);
  return { kind, isFresh: values.fresh === true, port: portOf(values.port) };
}

function readAll(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        fresh: { type: 'boolean' },
        port: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw usage(`--port ${text}: give a number from 1 to 65535`);
  }
  return port;
}

const usage = (what: string): Error => new Error(`${what}\n\n${DEV_USAGE}`);
