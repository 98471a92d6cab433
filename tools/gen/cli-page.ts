// The reference page of kubectl slipway, from the text that --help prints.
import { EXIT } from '../../operator/src/cli/exit-code.ts';
import { commandText, overviewText } from '../../operator/src/cli/help-text.ts';
import { COMMANDS } from '../../operator/src/cli/run.ts';
import { page, table, type Page } from './markdown.ts';

const EXIT_MEANING = {
  ok: 'Done, or what was waited for is so.',
  failed: 'Wrong arguments, no connection, not allowed, or the operator refused.',
  notReached: '`wait`: the release is rolled back, degraded or blocked instead.',
  timeout: '`wait`: the time is over.',
} as const satisfies Record<keyof typeof EXIT, string>;

export function cliPage(): Page {
  const block = (text: string) => `\`\`\`text\n${text.trimEnd()}\n\`\`\``;
  return page('docs/reference/cli.md', 'kubectl slipway', [
    'A kubectl plugin: any program `kubectl-slipway` on the PATH. It runs with the rights of whoever ' +
      'calls it; what it asks for, it asks for as a [ReleaseAction](release-action.md).',
    block(overviewText(COMMANDS)),
    ...COMMANDS.flatMap((command) => [`## ${command.name}`, block(commandText(command))]),
    '## Exit codes',
    table(
      ['code', 'meaning'],
      Object.entries(EXIT).map(([name, value]) => [
        String(value),
        Object.entries(EXIT_MEANING).find(([key]) => key === name)?.[1] ?? '',
      ]),
    ),
  ]);
}
