// `node test/cluster/main.ts up`: a real Kubernetes on this machine.

import { USAGE, parseCommand, runCommand } from './src/cli.ts';
import type { Command } from './src/cli.ts';

// Whoever reads our output may stop early.
process.stdout.on('error', () => undefined);

let command: Command | undefined;
try {
  command = parseCommand(process.argv.slice(2));
  process.exitCode = await runCommand(command);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message}\n${command === undefined ? `\n${USAGE}` : ''}`);
  process.exitCode = command === undefined ? 2 : 1;
}
