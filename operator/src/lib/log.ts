// Log: a constant message with keys. The program that is started decides where lines go.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Writes one line: `message` never varies, what varies goes into `keys`. Never given secrets. */
export type Log = (level: LogLevel, message: string, keys?: Record<string, unknown>) => void;

/** For callers that did not pass a log. */
export const silent: Log = () => undefined;
