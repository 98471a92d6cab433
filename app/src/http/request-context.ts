// Wraps each request: its id and trace, the version that answers, its metrics, its line in the log.
import { randomUUID } from 'node:crypto';

import type { RequestHandler, Response } from 'express';

import { withLogScope } from '../telemetry/log-scope.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { continueTrace, formatTraceparent } from '../telemetry/trace-context.ts';

export interface RequestContextOptions {
  readonly version: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Aborted once the pod drains: each answer then asks the client to take its next request elsewhere. */
  readonly drain: AbortSignal;
}

/** A client's id is kept when it is short and plain; anything else could be used to forge log lines. */
const plainId = /^[\w.-]{1,64}$/;
/** What a proxy logs for a client that has gone. */
const clientClosed = '499';

export function createRequestContext({
  version,
  logger,
  metrics,
  drain,
}: RequestContextOptions): RequestHandler {
  const inFlight = new Set<Response>();
  drain.addEventListener('abort', () => {
    for (const response of inFlight) leaveAfter(response);
  });
  return (request, response, next) => {
    const startedAt = performance.now();
    const { 'x-request-id': offered, traceparent } = request.headers;
    const reqId = typeof offered === 'string' && plainId.test(offered) ? offered : randomUUID();
    const trace = continueTrace(typeof traceparent === 'string' ? traceparent : undefined);
    const scope = { reqId, traceId: trace.traceId };
    response.locals['requestId'] = reqId;
    response.setHeader('x-request-id', reqId);
    response.setHeader('traceparent', formatTraceparent(trace));
    response.setHeader('x-app-version', version);
    if (drain.aborted) leaveAfter(response);
    inFlight.add(response);
    metrics.beginRequest();
    response.once('close', () => {
      inFlight.delete(response);
      const seconds = (performance.now() - startedAt) / 1_000;
      const code = response.writableFinished ? String(response.statusCode) : clientClosed;
      const route =
        typeof response.locals['route'] === 'string' ? response.locals['route'] : 'unmatched';
      metrics.recordRequest({ method: request.method, route, code, seconds });
      const level = code >= '500' ? 'warn' : 'debug';
      // Most are debug and never written, so the line is only made when somebody reads it.
      if (!logger.isLevelEnabled(level)) return;
      const durationMs = Math.round(seconds * 1_000);
      logger[level]({ ...scope, method: request.method, route, code, durationMs }, 'request');
    });
    withLogScope(scope, next);
  };
}

/** The connection ends with this answer, in good order on both sides. */
function leaveAfter(response: Response): void {
  if (!response.headersSent) response.set('connection', 'close');
}
