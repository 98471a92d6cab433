// Finds the command, reads its arguments, runs it, and turns what it threw into a sentence.
import { ACTION_COMMANDS } from './act.ts';
import type { Command } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { EXPLAIN_COMMAND } from './explain.ts';
import { HELP_FLAG, readArguments } from './flags.ts';
import { commandText, overviewText } from './help-text.ts';
import { INIT_COMMAND } from './init.ts';
import type { Io } from './io.ts';
import { LINT_COMMAND } from './lint.ts';
import { REPLAY_COMMAND } from './replay.ts';
import { SIMULATE_COMMAND } from './simulate.ts';
import { STATUS_COMMAND } from './status.ts';
import { toUserError, UserError } from './user-error.ts';
import { WAIT_COMMAND } from './wait.ts';

/** Every command, in the order in which help shows them. */
export const COMMANDS: readonly Command[] = [
  STATUS_COMMAND,
  EXPLAIN_COMMAND,
  WAIT_COMMAND,
  ...ACTION_COMMANDS,
  INIT_COMMAND,
  LINT_COMMAND,
  SIMULATE_COMMAND,
  REPLAY_COMMAND,
];

/** Runs one command line (without the program's own name). Never throws, but for bugs. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    return await dispatch(argv, io);
  } catch (thrown) {
    const error = toUserError(thrown);
    if (!(error instanceof UserError)) throw error;
    io.err(`error: ${error.message}\n`);
    return EXIT.failed;
  }
}

async function dispatch([name, ...rest]: readonly string[], io: Io): Promise<ExitCode> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.out(overviewText(COMMANDS));
    return name === undefined ? EXIT.failed : EXIT.ok;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) {
    throw new UserError(`there is no command ${name}; see kubectl slipway --help`);
  }
  const args = readArguments(rest, { ...command.flags, ...HELP_FLAG }, name);
  if (args.isSet('help')) {
    io.out(commandText(command));
    return EXIT.ok;
  }
  return command.run(args, io);
}
