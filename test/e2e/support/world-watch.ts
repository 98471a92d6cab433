// What the cluster shows over time: phases, weights and pods of one AppRelease, with when each was seen.
import { startReflector } from '../../../operator/src/kube/reflector.ts';
import {
  projectPod,
  projectRelease,
  projectRoute,
  type PodObject,
  type ReleaseObject,
} from '../../../operator/src/controller/projections.ts';
import { APP_RELEASE, HTTP_ROUTE, POD } from '../../../operator/src/controller/resources.ts';
import { parseStatus } from '../../../operator/src/api/parse.ts';
import type { AppReleaseStatus } from '../../../operator/src/api/app-release-status.ts';
import { readWeight } from '../../../operator/src/traffic/gateway-api.ts';
import type { Stack } from './stack.ts';

export interface Seen<T> {
  readonly at: number;
  readonly value: T;
}

export interface WorldWatch {
  /** The status as last seen. */
  status(): AppReleaseStatus;
  release(): ReleaseObject | undefined;
  pods(): readonly PodObject[];
  /** Every weight of the canary that the route had, oldest first. */
  weights(): readonly Seen<number>[];
  /** Every status, oldest first. */
  statuses(): readonly Seen<AppReleaseStatus>[];
  /** Resolves at the first status that holds; throws with the last one after `timeoutMs`. */
  until(
    what: string,
    holds: (status: AppReleaseStatus) => boolean,
    timeoutMs: number,
  ): Promise<Seen<AppReleaseStatus>>;
  stop(): Promise<void>;
}

const KEPT_MAX = 20_000;

export async function watchWorld(
  stack: Stack,
  namespace: string,
  name: string,
): Promise<WorldWatch> {
  const weights: Seen<number>[] = [];
  const statuses: Seen<AppReleaseStatus>[] = [];
  const listeners = new Set<() => void>();
  const keep = <T>(list: Seen<T>[], value: T): void => {
    list.push({ at: Date.now(), value });
    if (list.length > KEPT_MAX) list.shift();
    for (const listener of listeners) listener();
  };
  const { transport } = stack;
  const ofName = { transport, namespace, fieldSelector: `metadata.name=${name}` };
  const releases = startReflector<ReleaseObject>({
    ...ofName,
    type: APP_RELEASE,
    project: projectRelease,
    onChange: (change) => {
      if (change.kind === 'upserted') keep(statuses, parseStatus(change.object.status));
    },
  });
  const routes = startReflector({
    ...ofName,
    type: HTTP_ROUTE,
    project: projectRoute,
    onChange: (change) => {
      const weight = change.kind === 'upserted' ? readWeight(change.object.spec, name) : undefined;
      if (weight !== undefined && weights.at(-1)?.value !== weight) keep(weights, weight);
    },
  });
  const pods = startReflector<PodObject>({
    transport,
    namespace,
    type: POD,
    labelSelector: `app.kubernetes.io/name=${name}`,
    project: projectPod,
    onChange: () => undefined,
  });
  await Promise.all([releases.synced, routes.synced, pods.synced]);
  const latest = (): Seen<AppReleaseStatus> => statuses.at(-1) ?? { at: Date.now(), value: {} };
  return {
    status: () => latest().value,
    release: () => releases.cache.get(namespace, name),
    pods: () => pods.cache.list(),
    weights: () => weights,
    statuses: () => statuses,
    until: (what, holds, timeoutMs) =>
      new Promise((resolve, reject) => {
        const finish = (settle: () => void): void => {
          clearTimeout(timer);
          listeners.delete(look);
          settle();
        };
        const look = (): void => {
          const seen = latest();
          if (holds(seen.value)) finish(() => resolve(seen));
        };
        const timer = setTimeout(() => {
          const { phase, message, stage, weight } = latest().value;
          finish(() =>
            reject(
              new Error(
                `not ${what} after ${timeoutMs / 1000} s: ${JSON.stringify({ phase, stage, weight, message })}`,
              ),
            ),
          );
        }, timeoutMs);
        listeners.add(look);
        look();
      }),
    async stop() {
      await Promise.all([releases.stop(), routes.stop(), pods.stop()]);
    },
  };
}

/** A good version that is not the one that serves, whatever ran before. */
export function imageNotServing(world: WorldWatch): string {
  const serving = world.status().stable?.images?.[0];
  const images = ['1.0.0', '1.1.0'].map((tag) => `localhost/slipway/ledger:${tag}`);
  const other = images.find((image) => image !== serving);
  if (other === undefined) throw new Error(`every good version serves: ${String(serving)}`);
  return other;
}
