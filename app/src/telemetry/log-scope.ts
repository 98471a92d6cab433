// Which request a log line belongs to, without handing it through every function.
import { AsyncLocalStorage } from 'node:async_hooks';

import { startTrace } from './trace-context.ts';

/** On every line. Lines of no request carry the process's own. */
export interface LogScope {
  readonly reqId: string;
  readonly traceId: string;
}

const processScope: LogScope = { reqId: 'process', traceId: startTrace().traceId };
const scopes = new AsyncLocalStorage<LogScope>();

/** Runs `work`; what it logs, now or later, carries `scope`. */
export function withLogScope<T>(scope: LogScope, work: () => T): T {
  return scopes.run(scope, work);
}

export function currentLogScope(): LogScope {
  return scopes.getStore() ?? processScope;
}
