// lint: what is wrong with an AppRelease in a file, and what will surprise its author.
import type { Command } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Arguments } from './flags.ts';
import type { Io } from './io.ts';
import { lintRelease, type LintFinding } from './lint-release.ts';
import { readManifests } from './manifests.ts';
import { UserError } from './user-error.ts';

export const LINT_COMMAND: Command = {
  name: 'lint',
  operands: '-f <file>',
  summary: 'Checks an AppRelease in a file, without a cluster.',
  details: [
    'Errors are what the API server would refuse. Warnings are what it accepts and what is probably',
    'not meant; notes tell what will happen. Exit code 1 only for errors.',
  ],
  flags: { file: { type: 'string', short: 'f', value: 'file', help: 'YAML or JSON; - for standard input.' } },
  examples: ['kubectl slipway lint -f release.yaml', 'kustomize build . | kubectl slipway lint -f -'],
  run: runLint,
};

async function runLint(args: Arguments, io: Io): Promise<ExitCode> {
  const path = args.text('file') ?? args.positionals[0];
  if (path === undefined) throw new UserError('name a file: kubectl slipway lint -f <file>');
  const objects = readManifests(io, path);
  const releases = objects.filter((object) => object['kind'] === 'AppRelease');
  if (releases.length === 0) throw new UserError(`${path} has no AppRelease in it`);
  const findings = releases.flatMap((release) =>
    lintRelease(release, objects).map((finding) => ({ release: nameOf(release), ...finding })),
  );
  for (const finding of findings) io.out(`${lineOf(finding)}\n`);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  io.out(`${path}: ${count(releases.length, 'release')}, ${count(errors, 'error')}\n`);
  return errors > 0 ? EXIT.failed : EXIT.ok;
}

function lineOf({ release, severity, field, message }: LintFinding & { release: string }): string {
  return `${severity}: ${release}: ${field === '' ? '' : `${field}: `}${message}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function nameOf(release: Record<string, unknown>): string {
  const { metadata } = release;
  const name: unknown =
    typeof metadata === 'object' && metadata !== null && 'name' in metadata ? metadata.name : undefined;
  return typeof name === 'string' ? name : '(no name)';
}
