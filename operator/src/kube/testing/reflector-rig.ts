// A reflector on a pretended API server with a clock that stands still, and what tests ask of it.

import { createManualClock } from '../../lib/manual-clock.ts';
import type { ManualClock } from '../../lib/manual-clock.ts';
import { createHttpTransport } from '../http-transport.ts';
import { startReflector } from '../reflector.ts';
import type { Change, Reflector, ReflectorOptions, ReflectorStats } from '../reflector.ts';
import { eventually } from './eventually.ts';
import { startFakeApiServer } from './fake-api-server.ts';
import type { CallKind, FakeApiServer } from './fake-api-server.ts';
import { PODS, pod, toSmallPod } from './pods.ts';
import type { SmallPod } from './pods.ts';

export interface ReflectorRig {
  readonly server: FakeApiServer;
  readonly clock: ManualClock;
  /** What the handler was told; may be emptied. */
  readonly changes: Change<SmallPod>[];
  /** The same in words: "upserted x", "deleted x", "synced". */
  told(): string[];
  start(options?: Partial<ReflectorOptions<SmallPod>>): Reflector<SmallPod>;
  reflector(): Reflector<SmallPod>;
  stats(): ReflectorStats;
  /** What the cache has, "namespace/name" to color. */
  colors(): Record<string, string>;
  /** Writes a pod into namespace a, as somebody else would. */
  put(name: string, color: string): void;
  /** How many calls of a kind the server got. */
  count(kind: CallKind): number;
  /** Resolves when a watch is open at both ends. */
  watching(): Promise<void>;
  isWaiting(): boolean;
  /** Waits for a failure to be noticed, then lets its backoff pass. */
  passBackoff(): Promise<void>;
  close(): Promise<void>;
}

export async function createReflectorRig(): Promise<ReflectorRig> {
  const server = await startFakeApiServer();
  const clock = createManualClock();
  const changes: Change<SmallPod>[] = [];
  let started: Reflector<SmallPod> | undefined;
  const transport = createHttpTransport({
    credentials: async () => ({ origin: server.origin, headers: {}, tls: {} }),
    userAgent: 'slipway/test',
    clock,
    maxSockets: 4,
  });
  const reflector = (): Reflector<SmallPod> => {
    if (started === undefined) throw new Error('the reflector is not started');
    return started;
  };
  const stats = () => reflector().stats();
  const isWaiting = () => stats().state === 'waiting' && clock.pending() > 0;

  return {
    server,
    clock,
    changes,
    reflector,
    stats,
    isWaiting,
    told: () =>
      changes.map((change) =>
        change.kind === 'synced' ? 'synced' : `${change.kind} ${change.object.name}`,
      ),
    start(options = {}) {
      started = startReflector({
        transport,
        type: PODS,
        project: toSmallPod,
        onChange: (change) => changes.push(change),
        clock,
        random: () => 0,
        ...options,
      });
      return started;
    },
    colors() {
      const pods = reflector().cache.list();
      return Object.fromEntries(pods.map((each) => [`${each.namespace}/${each.name}`, each.color]));
    },
    put: (name, color) => void server.store.put(PODS, pod('a', name, color)),
    count: (kind) => server.calls.filter((call) => call.kind === kind).length,
    watching: () =>
      eventually(
        () => server.watches().length === 1 && stats().state === 'watching',
        'a watch is open at both ends',
      ),
    async passBackoff() {
      await eventually(isWaiting, 'waiting for the backoff');
      clock.advance(clock.nextTimerMs() ?? 0);
    },
    async close() {
      await started?.stop();
      transport.close();
      await server.close();
    },
  };
}
