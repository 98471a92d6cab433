// The Express application: which path leads where.
import express from 'express';
import type { Express, RequestHandler } from 'express';

import { Problem } from '../domain/problem.ts';
import type { Store } from '../store/store.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createAccountEndpoint, getAccountEndpoint } from './account-endpoints.ts';
import { toHandler } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import type { FaultInjector } from './faults.ts';
import { ledgerSummaryEndpoint, versionEndpoint } from './ledger-endpoints.ts';
import { createProblemHandler, notFoundHandler } from './problem-handler.ts';
import type { ReadinessGate } from './readiness.ts';
import { createRequestContext } from './request-context.ts';
import { getTransferEndpoint, postTransferEndpoint } from './transfer-endpoints.ts';

export interface AppOptions {
  readonly version: string;
  readonly store: Store;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly readiness: ReadinessGate;
  readonly inject: FaultInjector;
  /** Stands before everything but the probes. */
  readonly breakOff: RequestHandler;
  /** Aborted when the pod begins to drain. */
  readonly drain: AbortSignal;
}

const maxBodyBytes = 16_384;

/** Everything users and probes can ask for. */
export function createApp(options: AppOptions): Express {
  const { breakOff, version, store, logger, metrics, readiness, inject, drain } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(createRequestContext({ version, logger, metrics, drain }));

  // Probes come before everything that can fail or be told to.
  app.get(
    '/livez',
    named('/livez'),
    (_request, response) => void response.json({ status: 'alive' }),
  );
  app.get('/readyz', named('/readyz'), createReadyHandler(readiness));

  app.use(breakOff);

  const readJson = [requireJson, express.json({ limit: maxBodyBytes })];
  const get = (route: string, endpoint: Endpoint): void =>
    void app.get(route, toHandler(route, endpoint, inject));
  const post = (route: string, endpoint: Endpoint): void =>
    void app.post(route, named(route), ...readJson, toHandler(route, endpoint, inject));
  post('/accounts', createAccountEndpoint(store));
  get('/accounts/:id', getAccountEndpoint(store));
  post('/transfers', postTransferEndpoint(store));
  get('/transfers/:id', getTransferEndpoint(store));
  get('/ledger/summary', ledgerSummaryEndpoint(store));
  get('/version', versionEndpoint(version));

  app.use(notFoundHandler);
  app.use(createProblemHandler(logger));
  return app;
}

/** Scrapes only; a port of its own keeps them off the users' gateway. */
export function createMetricsApp(metrics: Metrics): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.render());
  });
  return app;
}

/** Labels the request before anything can fail. */
function named(route: string): RequestHandler {
  return (_request, response, next) => {
    response.locals['route'] = route;
    next();
  };
}

const requireJson: RequestHandler = (request, _response, next) => {
  if (request.is('application/json') === false) throw new Problem('unsupported-media-type');
  next();
};

function createReadyHandler(readiness: ReadinessGate): RequestHandler {
  return async (_request, response) => {
    const state = await readiness.check();
    response
      .status(state.kind === 'ready' ? 200 : 503)
      .json(
        state.kind === 'ready'
          ? { status: 'ready' }
          : { status: 'not ready', reason: state.reason },
      );
  };
}
