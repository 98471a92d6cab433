// The program of the backup CronJob (`run`), the restore drill (`drill`), and a look at the volume
// (`list`). Prints one JSON object. Exit codes: 0 done or busy, 1 failed, 2 cannot start.
import { randomBytes } from 'node:crypto';

import { ConfigError, parseConfig } from './config.ts';
import type { BackupConfig } from './config.ts';
import { listSets } from './list-sets.ts';
import { runBackup } from './run-backup.ts';
import { runDrill } from './run-drill.ts';
import { openVolume } from './volume-target.ts';

const commands = {
  run: async (config) => {
    const outcome = await runBackup({ config, target: openVolume(config.dir), now: () => new Date() });
    return { report: outcome, exitCode: 0 };
  },
  drill: async (config) => {
    const result = await runDrill({ config, target: openVolume(config.dir), now: () => new Date() });
    return { report: result, exitCode: result.kind === 'passed' ? 0 : 1 };
  },
  list: async (config) => ({ report: { sets: await listSets(openVolume(config.dir)) }, exitCode: 0 }),
} as const satisfies Record<
  string,
  (config: BackupConfig) => Promise<{ report: object; exitCode: number }>
>;

function isCommand(name: string | undefined): name is keyof typeof commands {
  return name !== undefined && Object.hasOwn(commands, name);
}

async function main(name: string | undefined): Promise<number> {
  if (!isCommand(name)) throw new ConfigError(`usage: backup ${Object.keys(commands).join(' | ')}`);
  const config = parseConfig(process.env, () => randomBytes(4).toString('hex'));
  const { report, exitCode } = await commands[name](config);
  print({ command: name, ...report });
  return exitCode;
}

function print(report: object): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

// As a container's first process we would not hear SIGTERM otherwise. What was begun stays invisible.
process.once('SIGTERM', () => process.exit(143));

try {
  process.exitCode = await main(process.argv[2]);
} catch (error) {
  print({
    command: process.argv[2],
    kind: 'failed',
    error: error instanceof Error ? error.message : String(error),
  });
  process.exitCode = error instanceof ConfigError ? 2 : 1;
}
