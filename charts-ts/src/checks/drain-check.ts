// A pod is killed only after it had time to drain: what its program takes on SIGTERM is shorter than
// the grace period.
import type { V1Container } from '@kubernetes/client-node';
import { contained, type Check } from './world.ts';

const DEFAULT_GRACE_SECONDS = 30;

/** Finds containers that are killed while they still drain. */
export const checkDrain: Check = (world) =>
  contained(world).flatMap(({ path, field, container, template }) => {
    const grace = template.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    const needs = drainSeconds(container);
    if (needs === 0 || needs < grace) return [];
    return [
      {
        path,
        field: `${field}.terminationGracePeriodSeconds`,
        problem: `${container.name} takes up to ${needs} s to drain and close and is killed after ${grace} s`,
        remedy: `Raise it above ${needs}, or lower DRAIN_MS, CLOSE_TIMEOUT_MS or the preStop sleep`,
      },
    ];
  });

/** Seconds from SIGTERM, or the preStop hook before it, until the program has ended by itself. */
export function drainSeconds({ env = [], lifecycle }: V1Container): number {
  const ms = (wanted: string) => Number(env.find(({ name }) => name === wanted)?.value ?? 0);
  const hook = lifecycle?.preStop;
  return (ms('DRAIN_MS') + ms('CLOSE_TIMEOUT_MS')) / 1000 + (hook?.sleep?.seconds ?? sleepOf(hook?.exec?.command));
}

function sleepOf(command: readonly string[] = []): number {
  return Number(/\bsleep\s+(\d+(?:\.\d+)?)/.exec(command.join(' '))?.[1] ?? 0);
}
