// The Express application: what stands before the routes, and the routes.
import express from 'express';
import type { Express, RequestHandler, Router } from 'express';

import { guardRoute } from '../access/guard.ts';
import type { Guard } from '../access/guard.ts';
import { Problem } from '../domain/problem.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { toHandler } from './endpoint.ts';
import type { FaultInjector } from './faults.ts';
import { describeApi } from './openapi.ts';
import { createProblemHandler, notFoundHandler } from './problem-handler.ts';
import type { ReadinessGate } from './readiness.ts';
import { createRequestContext } from './request-context.ts';
import type { Route } from './route.ts';
import { createRouteIndex } from './route-index.ts';
import { createRoutes } from './routes.ts';
import type { RouteOptions } from './routes.ts';

export interface AppOptions extends RouteOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly readiness: ReadinessGate;
  readonly inject: FaultInjector;
  /** Stands before everything but the probes. */
  readonly breakOff: RequestHandler;
  /** Who may ask for what, and how often. */
  readonly guard: Guard;
  /** Proxies in front whose word on the client's address counts. */
  readonly trustedProxies: number;
  /** Aborted when the pod begins to drain. */
  readonly drain: AbortSignal;
}

const maxBodyBytes = 16_384;

/** Everything users and probes can ask for. */
export function createApp(options: AppOptions): Express {
  const { breakOff, version, logger, metrics, readiness, drain } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', options.trustedProxies);
  app.use(createRequestContext({ version, logger, metrics, drain }));

  // Probes come before everything that can fail or be told to.
  const probes = createRouteIndex();
  probes
    .below('/livez')
    .get('/livez', named('/livez'), (_request, response) => void response.json({ status: 'alive' }));
  probes.below('/readyz').get('/readyz', named('/readyz'), createReadyHandler(readiness));
  app.use(probes.handler);

  app.use(breakOff);

  const routes = createRoutes(options);
  const index = createRouteIndex();
  for (const route of routes) mount(index.below(route.path), route, options);
  app.use(index.handler);
  const description = describeApi(routes, version);
  app.get(
    '/openapi.json',
    named('/openapi.json'),
    (_request, response) => void response.json(description),
  );

  app.use(notFoundHandler);
  app.use(createProblemHandler(logger));
  return app;
}

function mount(router: Router, route: Route, { guard, inject }: AppOptions): void {
  const { method, path, body, endpoint, scope } = route;
  const readBody = body === undefined ? [] : [requireJson, readJson];
  const before = [named(path), ...guardRoute(guard, scope), ...readBody];
  router[method](path, ...before, toHandler(endpoint, inject));
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

const readJson = express.json({ limit: maxBodyBytes });

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
