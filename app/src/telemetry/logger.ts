// Structured logs: one JSON object a line; release, version and request on each, nothing secret on any.
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';

import { currentLogScope } from './log-scope.ts';
import { withoutSecretText, withoutSecrets } from './secrets.ts';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly level: string;
  readonly version: string;
  /** What rolled this process out: the name of a release, or of its revision. */
  readonly release: string;
  readonly destination?: DestinationStream;
}

/** Writes to standard output unless told otherwise. */
export function createLogger({ level, version, release, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service: 'ledger', release, version },
    timestamp: (): string => `,"time":"${new Date().toISOString()}"`,
    mixin: (): object => ({ ...currentLogScope() }),
    formatters: {
      level: (label: string): object => ({ level: label }),
      log: (fields: object): Record<string, unknown> => ({ ...Object(withoutSecrets(fields)) }),
    },
    // Errors are described with the other fields, without what drivers hang on them.
    serializers: { err: (value: unknown): unknown => value },
    hooks: { streamWrite: withoutSecretText },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
