// Sets that are neither stable nor being tried: left by a crash, a lost status, a stale write. They
// go as soon as nobody needs their pods.
import type { Context } from './context.ts';
import type { Effect, OutcomeMark } from './decision.ts';
import { resize } from './scale-sets.ts';
import { availablePods, readyPods } from './pods.ts';
import type { SetView } from './snapshot.ts';
import type { ReleaseState } from './state.ts';

/** `next` is the state the decision leads to: what it names is no stray. */
export function removeStrays(context: Context, next: ReleaseState): Effect[] {
  const { snapshot, stable, state } = context;
  const named = [stable?.name, next.stable?.setName, next.candidate?.setName, state.candidate?.setName];
  const strays = snapshot.sets.filter((set) => set.desired > 0 && !named.includes(set.name));
  let needed = strays.length === 0 ? 0 : missingPods(context);
  return strays.flatMap((set): Effect[] => {
    const kept = isCarrying(context, set) ? set.desired : Math.min(readyPods(set), needed);
    needed -= Math.min(kept, needed);
    return kept >= set.desired ? [] : resize(set, kept, markFor(set));
  });
}

/* Under pod share every ready pod answers; with a router only those that a Service names. */
function missingPods({ bounds, candidate, now, snapshot, spec, stable }: Context): number {
  if (snapshot.traffic.kind === 'weighted') return 0;
  const available = [stable, candidate]
    .map((set) => (set ? availablePods(set, spec.minReadySeconds, now) : 0))
    .reduce((sum, count) => sum + count, 0);
  return Math.max(0, bounds.replicas - bounds.maxUnavailable - available);
}

function isCarrying({ snapshot: { traffic } }: Context, set: SetView): boolean {
  if (traffic.kind !== 'weighted') return false;
  const isCanary = set.hash === traffic.canary.hash && (traffic.route.weight ?? 0) > 0;
  return set.hash === traffic.stable.hash || isCanary;
}

/* What failed stays marked so; the others must not be taken for stable, or for being tried, again. */
function markFor({ outcome }: SetView): OutcomeMark | undefined {
  if (outcome !== 'candidate' && outcome !== 'stable') return undefined;
  return { outcome: 'superseded', reason: 'Superseded' };
}
