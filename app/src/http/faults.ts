// Misbehaviour on request, for demos and tests. config.ts refuses all of it in production.
import { setTimeout as sleep } from 'node:timers/promises';

import type { RequestHandler } from 'express';

import type { FaultConfig } from '../config.ts';
import { Problem } from '../domain/problem.ts';

/**
 * Wraps the work of one request. An injected error comes before the work has begun or after it has
 * been committed, never in between: money is never half moved, and a repeat under the same
 * Idempotency-Key finds out what happened.
 */
export type FaultInjector = <T>(work: () => Promise<T>) => Promise<T>;

/** `random` gives 0 to 1 (1 excluded). */
export function createFaultInjector(
  config: FaultConfig,
  random: () => number = Math.random,
): FaultInjector {
  return async (work) => {
    const fails = config.errorShare > 0 && random() < config.errorShare;
    if (config.latencyMs > 0) await sleep(config.latencyMs);
    if (fails && config.errorStage === 'before') throw new Problem('injected-fault');
    const result = await work();
    if (fails) throw new Problem('injected-fault');
    return result;
  };
}

/**
 * Breaks the connection of a share of requests off before anything is done for them: no counter of this
 * process tells of it as an error, only whoever waits for the answer. `random` as above.
 */
export function createBreakOff(
  { resetShare }: Pick<FaultConfig, 'resetShare'>,
  random: () => number = Math.random,
): RequestHandler {
  return (request, _response, next) => {
    if (resetShare > 0 && random() < resetShare) request.socket.destroy();
    else next();
  };
}
