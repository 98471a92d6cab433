// How often pods lost readiness or were restarted lately. An outage that is over is forgiven: only
// what was seen in the last ten minutes counts.
import type { Change } from '../kube/reflector.ts';
import type { Clock } from '../lib/clock.ts';
import { after, type Instant } from '../lib/instant.ts';
import type { PodObject } from './projections.ts';

export interface PodFlaps {
  /** Takes note of a change; `lost` when a pod that is to stay just stopped being ready. */
  note(change: Change<PodObject>): 'lost' | 'other';
  /** Losses of readiness and restarts since that moment, at most ten minutes back. */
  since(pod: PodObject, moment: Instant): { readonly losses: number; readonly restarts: number };
  /** Losses of readiness since this process first saw the pod. */
  lossesOf(pod: PodObject): number;
}

const WINDOW_MS = 600_000;
/** More of one kind than these need not be told apart. */
const KEPT_OF_A_POD = 20;

interface Seen {
  readonly losses: readonly Instant[];
  readonly lossesInAll: number;
  readonly restarts: readonly Instant[];
}

const NOTHING: Seen = { losses: [], lossesInAll: 0, restarts: [] };

export function createPodFlaps(clock: Pick<Clock, 'now'>): PodFlaps {
  const seen = new Map<string, Seen>();
  const add = (moments: readonly Instant[], count: number): readonly Instant[] =>
    [...moments, ...Array.from({ length: count }, () => clock.now())].slice(-KEPT_OF_A_POD);
  return {
    note(change) {
      if (change.kind === 'deleted') seen.delete(change.object.uid);
      if (change.kind !== 'upserted') return 'other';
      const { object, previous } = change;
      if (previous?.uid !== object.uid) return 'other';
      const isLost = previous.isReady && !object.isReady && !object.isTerminating;
      const restarts = Math.max(0, object.restarts - previous.restarts);
      if (isLost || restarts > 0) {
        const before = seen.get(object.uid) ?? NOTHING;
        seen.set(object.uid, {
          losses: add(before.losses, isLost ? 1 : 0),
          lossesInAll: before.lossesInAll + (isLost ? 1 : 0),
          restarts: add(before.restarts, Math.min(restarts, KEPT_OF_A_POD)),
        });
      }
      return isLost ? 'lost' : 'other';
    },
    lossesOf: (pod) => seen.get(pod.uid)?.lossesInAll ?? 0,
    since(pod, moment) {
      const from = Math.max(moment, after(clock.now(), -WINDOW_MS));
      const { losses, restarts } = seen.get(pod.uid) ?? NOTHING;
      const count = (moments: readonly Instant[]) => moments.filter((one) => one >= from).length;
      // Of a pod that is not older than that, the kubelet's count is whole, whoever looked on.
      return {
        losses: count(losses),
        restarts: pod.createdAt >= from ? pod.restarts : count(restarts),
      };
    },
  };
}
