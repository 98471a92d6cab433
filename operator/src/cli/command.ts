// A command of the plugin: what it is called, what it takes, what it does.
import type { ExitCode } from './exit-code.ts';
import type { Arguments, Flags } from './flags.ts';
import type { Io } from './io.ts';

export interface Command {
  readonly name: string;
  /** What stands after the name: `<release>`. */
  readonly operands: string;
  readonly summary: string;
  /** Sentences below the usage line. */
  readonly details: readonly string[];
  readonly flags: Flags;
  readonly examples: readonly string[];
  run(args: Arguments, io: Io): Promise<ExitCode>;
}
