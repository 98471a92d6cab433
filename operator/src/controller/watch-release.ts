// Keeps the sampling of a release in step with the release: on while a candidate is tried, off at rest.
import { instant } from '../lib/instant.ts';
import type { Decision } from '../rollout/decision.ts';
import type { Snapshot } from '../rollout/snapshot.ts';
import type { Collector } from './collect-samples.ts';
import type { Materials } from './observe/materials.ts';
import type { Arm } from './sample-pods.ts';
import type { Store } from './store.ts';

export interface Trial {
  readonly key: string;
  readonly materials: Materials;
  readonly snapshot: Snapshot;
  readonly decision: Decision;
}

export function watchRelease(
  { collector, store }: { readonly collector: Collector; readonly store: Store },
  { key, materials, snapshot, decision }: Trial,
): void {
  const { next } = decision;
  const { spec } = materials;
  const isTried = next.stage.kind === 'Stepping' || next.stage.kind === 'Promoting';
  // The rules of the judgement are those of the last specification that could be read.
  if (snapshot.release.spec.kind === 'invalid' && isTried) return;
  if (!spec || !isTried || !next.candidate || !next.stable) {
    collector.stopWatching(key);
    return;
  }
  const { candidate, stable } = next;
  collector.watch({
    key,
    spec,
    revision: candidate.revision,
    startedAt: next.startedAt ?? instant(0),
    weightPercent: () => shareNow(snapshot, next.weight.observed),
    isBypassed: snapshot.traffic.kind === 'weighted' && snapshot.traffic.isBypassed,
    stable: () => armOf(store, materials, stable.setName),
    candidate: () => armOf(store, materials, candidate.setName),
    lossesOf: (pod) => store.flaps.lossesOf(pod),
    stored: materials.status.analysis,
    storedDispersion: materials.status.dispersion,
  });
}

function shareNow({ traffic }: Snapshot, observed: number): number {
  // A route that already gives a share is what users see, settled or not.
  return traffic.kind === 'weighted' ? Math.min(observed, traffic.route.weight ?? 0) : observed;
}

function armOf(store: Store, { release }: Materials, setName: string): Arm | undefined {
  const set = store.replicaSets.get(release.namespace, setName);
  return set && { set, pods: store.pods.byIndex('owner', set.uid) };
}
