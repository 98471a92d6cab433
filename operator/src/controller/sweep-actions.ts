// ReleaseActions that are done are deleted after a week; the last ones stand in history.
import type { KubeClient } from '../kube/client.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { RELEASE_ACTION } from './resources.ts';
import type { Store } from './store.ts';

const KEPT_MS = 7 * 86_400_000;
const EVERY_MS = 3_600_000;
const AT_ONCE_MAX = 200;

export interface SweepOptions {
  readonly clock: Clock;
  readonly client: KubeClient;
  readonly log: Log;
  readonly stores: () => readonly Pick<Store, 'actions'>[];
  readonly isLeader: () => boolean;
}

export function startActionSweep(options: SweepOptions): { stop(): void } {
  const { clock } = options;
  let timer: Timer = clock.setTimer(again, EVERY_MS);
  function again(): void {
    timer = clock.setTimer(again, EVERY_MS);
    if (options.isLeader()) void sweepActions(options);
  }
  return { stop: () => timer.cancel() };
}

/** Deletes what is older than a week and done. Failures are logged; the next sweep tries again. */
export async function sweepActions({ client, clock, log, stores }: SweepOptions): Promise<number> {
  const oldest = clock.now() - KEPT_MS;
  const old = stores()
    .flatMap((store) => store.actions.list())
    .filter(
      (action) => action.phase !== undefined && (action.finishedAt ?? action.createdAt) < oldest,
    )
    .slice(0, AT_ONCE_MAX);
  let deleted = 0;
  for (const action of old) {
    try {
      await client.delete(
        { type: RELEASE_ACTION, namespace: action.namespace, name: action.name },
        { preconditions: { uid: action.uid } },
      );
      deleted += 1;
    } catch (error) {
      log('warn', 'an old ReleaseAction was not deleted', {
        action: `${action.namespace}/${action.name}`,
        error: String(error),
      });
    }
  }
  return deleted;
}
