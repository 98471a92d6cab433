// explain: why a release stands where it stands.
import { openCluster } from './cluster.ts';
import type { Command } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { CLUSTER_FLAGS, onlyName, type Arguments } from './flags.ts';
import type { Io } from './io.ts';
import { renderExplain } from './render-explain.ts';
import { chooseStyle } from './style.ts';

export const EXPLAIN_COMMAND: Command = {
  name: 'explain',
  operands: '<release>',
  summary: 'Tells why a release stands where it stands, with the numbers of the last verdict.',
  details: ['The sentence, what its reason means, what you can do, and what was counted.'],
  flags: CLUSTER_FLAGS,
  examples: ['kubectl slipway explain ledger -n bank'],
  run: runExplain,
};

async function runExplain(args: Arguments, io: Io): Promise<ExitCode> {
  const name = onlyName(args, 'explain');
  const cluster = openCluster(args, io);
  try {
    const view = await cluster.release(name);
    const lines = renderExplain(view, chooseStyle(io.isTerminal, io.env), io.now());
    io.out(`${lines.join('\n')}\n`);
    return EXIT.ok;
  } finally {
    cluster.close();
  }
}
