// Asks a database one question.
import type { BackupConfig } from './config.ts';
import { runTool } from './tool.ts';

export interface Question {
  readonly database: string;
  readonly sql: string;
}

/** Returns what psql prints: one line per row, columns joined by `|`. */
export function psql(config: BackupConfig, { database, sql }: Question): Promise<string> {
  return runTool({
    program: 'psql',
    args: [
      '--no-psqlrc',
      '--no-password',
      '--quiet',
      '--tuples-only',
      '--no-align',
      '--set=ON_ERROR_STOP=1',
      `--dbname=${database}`,
      `--command=${sql}`,
    ],
    env: config.toolEnv,
    timeoutMs: config.toolTimeoutMs,
  });
}
