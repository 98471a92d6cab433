// The help of the plugin and of each command; docs/reference/cli.md is made from the same text.
import type { Command } from './command.ts';
import { HELP_FLAG, type Flag } from './flags.ts';

const LABEL_COLUMNS = 26;

/** What `kubectl slipway` and `kubectl slipway --help` print. */
export function overviewText(commands: readonly Command[]): string {
  return [
    'kubectl slipway: looks at releases and asks things of them.',
    '',
    'Usage: kubectl slipway <command> [options]',
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => row(name, summary)),
    '',
    'kubectl slipway <command> --help tells more.',
    '',
  ].join('\n');
}

/** What `kubectl slipway <command> --help` prints. */
export function commandText(command: Command): string {
  const flags = Object.entries({ ...command.flags, ...HELP_FLAG });
  return [
    command.summary,
    '',
    `Usage: kubectl slipway ${command.name} ${command.operands} [options]`,
    ...(command.details.length > 0 ? ['', ...command.details] : []),
    '',
    'Options:',
    ...flags.map(([name, flag]) => row(flagLabel(name, flag), flag.help)),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

function flagLabel(name: string, { short, value }: Flag): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` <${value}>`}`;
}

function row(label: string, text: string): string {
  return `  ${label.padEnd(LABEL_COLUMNS)}  ${text}`;
}
