// Structured logs: one JSON object a line, the version on each, nothing secret on any.
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';

export type { Logger } from 'pino';

/** Fields that are blanked wherever they turn up, one level deep. */
const secretFields = [
  'password',
  'authorization',
  'cookie',
  'token',
  'secret',
  'connectionString',
  'databaseUrl',
];
const secretHeaders = [
  'req.headers.authorization',
  'req.headers.cookie',
  'req.headers["set-cookie"]',
];

export interface LoggerOptions {
  readonly level: string;
  readonly version: string;
  readonly destination?: DestinationStream;
}

/** Writes to standard output unless told otherwise. */
export function createLogger({ level, version, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service: 'ledger', version },
    timestamp: (): string => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string): object => ({ level: label }) },
    redact: {
      paths: [...secretFields.flatMap((field) => [field, `*.${field}`]), ...secretHeaders],
      censor: '[redacted]',
    },
    serializers: { error: describeError, err: describeError },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** Name, message, code and stack, and the same of the causes: database errors carry rows besides. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { message: withoutPasswords(String(error)) };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause =
    error.cause === undefined || depth >= 3 ? {} : { cause: describeError(error.cause, depth + 1) };
  return {
    name: error.name,
    message: withoutPasswords(error.message),
    ...code,
    stack: withoutPasswords(error.stack ?? ''),
    ...cause,
  };
}

/** Drivers like to quote the whole connection string. */
function withoutPasswords(text: string): string {
  return text.replace(/(\w+:\/\/[^\s:/@]*):[^\s@]*@/g, '$1:[redacted]@');
}
