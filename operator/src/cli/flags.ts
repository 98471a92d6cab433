// Options of commands: declared once, read by parseArgs, shown by --help.
import { parseArgs } from 'node:util';
import { UserError } from './user-error.ts';

export interface Flag {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** What stands for the value in the help text. */
  readonly value?: string;
  readonly help: string;
}

export type Flags = Readonly<Record<string, Flag>>;

/** Options that every command which talks to a cluster has. */
export const CLUSTER_FLAGS = {
  namespace: {
    type: 'string',
    short: 'n',
    value: 'name',
    help: "Namespace of the release. Default: that of the kubeconfig's context, else default.",
  },
  kubeconfig: {
    type: 'string',
    value: 'file',
    help: 'Default: the variable KUBECONFIG, else ~/.kube/config.',
  },
} as const satisfies Flags;

export const HELP_FLAG = { help: { type: 'boolean', short: 'h', help: 'Shows this text.' } } as const satisfies Flags;

export interface Arguments {
  readonly positionals: readonly string[];
  text(flag: string): string | undefined;
  isSet(flag: string): boolean;
}

/** Reads arguments; a UserError names the flag and the remedy. */
export function readArguments(args: readonly string[], flags: Flags, command: string): Arguments {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { type, short }]) => [
      name,
      short === undefined ? { type } : { type, short },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
    });
    return {
      positionals,
      text: (flag) => (typeof values[flag] === 'string' ? values[flag] : undefined),
      isSet: (flag) => values[flag] === true,
    };
  } catch (error) {
    if (!isWrongArgument(error)) throw error;
    // Node's first sentence names the flag; what follows is advice about positional arguments.
    const [sentence] = error.message.split('. ');
    throw new UserError(`${sentence}; see kubectl slipway ${command} --help`);
  }
}

function isWrongArgument(error: unknown): error is { readonly message: string } {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    'message' in error &&
    String(error.code).startsWith('ERR_PARSE_ARGS')
  );
}

/** The one name a command is about. */
export function onlyName(args: Arguments, command: string): string {
  const [name, ...more] = args.positionals;
  if (name === undefined) {
    throw new UserError(`name a release: kubectl slipway ${command} <release>`);
  }
  if (more.length > 0) {
    throw new UserError(`name one release, not ${more.length + 1}: ${args.positionals.join(' ')}`);
  }
  return name.replace(/^(?:apprelease|appreleases|rel)(?:\.slipway\.dev)?\//, '');
}
