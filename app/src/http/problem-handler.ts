// The last handler: any error becomes problem+json. Details of our own bugs stay in the log.
import type { ErrorRequestHandler, RequestHandler } from 'express';

import { Problem, toDocument } from '../domain/problem.ts';
import { classifyDatabaseError } from '../store/database-error.ts';
import { RetriesExhausted } from '../store/retry.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Answers whatever no route has answered. */
export const notFoundHandler: RequestHandler = () => {
  throw new Problem('not-found');
};

export function createProblemHandler(logger: Logger): ErrorRequestHandler {
  // oxlint-disable-next-line max-params -- Express tells error handlers by their four parameters.
  return (error, _request, response, _next) => {
    // Half an answer is out already; all that is left is to cut the connection.
    if (response.headersSent) {
      logger.warn({ error }, 'an answer broke off');
      response.destroy();
      return;
    }
    const problem = toProblem(error);
    const requestId = String(response.locals['requestId']);
    if (problem.status >= 500 && problem.code !== 'injected-fault') {
      logger.error({ problem: problem.code, error }, 'request failed');
    }
    const { retryAfterSeconds } = problem.options;
    if (retryAfterSeconds !== undefined) response.set('retry-after', String(retryAfterSeconds));
    response
      .status(problem.status)
      .type('application/problem+json')
      .send(JSON.stringify(toDocument(problem, requestId)));
  };
}

/** Maps every error to the catalogue. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof RetriesExhausted) {
    return new Problem(error.kind === 'conflict' ? 'ledger-busy' : 'database-unavailable', {
      retryAfterSeconds: 1,
      cause: error,
    });
  }
  const bodyProblem = toBodyProblem(error);
  if (bodyProblem !== undefined) return bodyProblem;
  if (classifyDatabaseError(error) !== 'other')
    return new Problem('database-unavailable', { retryAfterSeconds: 1, cause: error });
  return new Problem('internal-error', {
    detail: 'The request id leads to the reason in the logs',
    cause: error,
  });
}

/** Errors of Express's body parser carry a `type`. */
function toBodyProblem(error: unknown): Problem | undefined {
  if (typeof error !== 'object' || error === null || !('type' in error) || !('status' in error))
    return undefined;
  switch (error.type) {
    case 'entity.too.large':
      return new Problem('body-too-large', { cause: error });
    case 'entity.parse.failed':
    case 'request.size.invalid':
    case 'request.aborted':
      return new Problem('malformed-json', { cause: error });
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new Problem('unsupported-media-type', { cause: error });
    default:
      return undefined;
  }
}
