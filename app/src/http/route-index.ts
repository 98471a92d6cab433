// Finds the few routes that a path can belong to by its first segment: Express tries one route after
// the other, and there are many.
import { Router } from 'express';
import type { RequestHandler } from 'express';

export interface RouteIndex {
  /** Where routes below /segment/ are put. */
  below(path: string): Router;
  readonly handler: RequestHandler;
}

export function createRouteIndex(): RouteIndex {
  const routers = new Map<string, Router>();
  return {
    below: (path) => {
      const segment = firstSegment(path);
      const router = routers.get(segment) ?? Router();
      routers.set(segment, router);
      return router;
    },
    handler: (request, response, next) => {
      const router = routers.get(firstSegment(request.url));
      if (router === undefined) next();
      else router(request, response, next);
    },
  };
}

/** Without case, as Express compares paths. */
function firstSegment(url: string): string {
  const end = url.slice(1).search(/[/?]/);
  return (end < 0 ? url.slice(1) : url.slice(1, end + 1)).toLowerCase();
}
