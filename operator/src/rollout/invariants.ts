// The last look before anything is written: effects that would make things worse are dropped. The
// world may already be below a floor; only what lowers it further is forbidden. Effects that lower
// the candidate's exposure always pass.
import { availablePods, readyPods } from './pods.ts';
import { boundsOf } from './replicas.ts';
import type { Effect } from './decision.ts';
import type { Instant } from '../lib/instant.ts';
import type { SetView, Snapshot } from './snapshot.ts';

export interface Checked {
  readonly allowed: readonly Effect[];
  readonly dropped: readonly { readonly effect: Effect; readonly why: string }[];
}

interface Look {
  readonly snapshot: Snapshot;
  readonly effects: readonly Effect[];
  readonly now: Instant;
}

type Rule = (look: Look, effect: Effect) => string | undefined;

const RULES: readonly Rule[] = [
  weightIsNoPercentage,
  shareGoesToNobody,
  shareGoesToARefusedRevision,
  aRefusedRevisionGrows,
  aServiceTurnsToNobody,
  aServingSetGoesBelowItsFloor,
  aNamedSetGoesAway,
];

export function checkEffects(
  snapshot: Snapshot,
  effects: readonly Effect[],
  now: Instant,
): Checked {
  const allowed: Effect[] = [];
  const dropped: { effect: Effect; why: string }[] = [];
  for (const effect of effects) {
    const why = RULES.map((rule) => rule({ snapshot, effects, now }, effect)).find(
      (found) => found !== undefined,
    );
    if (why === undefined) allowed.push(effect);
    else dropped.push({ effect, why });
  }
  return { allowed, dropped };
}

function weightIsNoPercentage(_look: Look, effect: Effect): string | undefined {
  if (effect.kind !== 'setWeight' || (effect.weight >= 0 && effect.weight <= 100)) return undefined;
  return `${effect.weight} is no weight between 0 and 100`;
}

function shareGoesToNobody({ snapshot }: Look, effect: Effect): string | undefined {
  if (!raisesShare(snapshot, effect) || readyPods(canarySet(snapshot)) > 0) return undefined;
  return 'the canary Service has no ready pod to raise the weight for';
}

function shareGoesToARefusedRevision({ snapshot }: Look, effect: Effect): string | undefined {
  const canary = canarySet(snapshot);
  if (!raisesShare(snapshot, effect) || !canary || !isRefusedOutcome(canary)) return undefined;
  return 'the canary Service names a refused revision';
}

function raisesShare({ traffic }: Snapshot, effect: Effect): boolean {
  if (effect.kind !== 'setWeight' || traffic.kind !== 'weighted') return false;
  return effect.weight > (traffic.route.weight ?? 0);
}

function canarySet({ sets, traffic }: Snapshot): SetView | undefined {
  return sets.find((set) => traffic.kind === 'weighted' && set.hash === traffic.canary.hash);
}

/* But where the same decision makes it a candidate again: somebody asked for another try. */
function aRefusedRevisionGrows({ effects, snapshot }: Look, effect: Effect): string | undefined {
  if (effect.kind !== 'scaleSet' || effect.to <= effect.from) return undefined;
  const set = snapshot.sets.find(({ name }) => name === effect.set.name);
  if (!set || !isRefusedOutcome(set)) return undefined;
  const isTriedAgain = effects.some(
    (one) => one.kind === 'markSet' && one.set.name === set.name && one.mark.outcome === 'candidate',
  );
  return isTriedAgain ? undefined : `revision ${set.revision} is refused`;
}

/* Away from pods that answer, to a set that has none. */
function aServiceTurnsToNobody({ snapshot }: Look, effect: Effect): string | undefined {
  const { release, sets, traffic } = snapshot;
  if (effect.kind !== 'pointService' || traffic.kind !== 'weighted') return undefined;
  const isUsed = effect.role === 'stable' || (traffic.route.weight ?? 0) > 0;
  if (!isUsed || release.replicas === 0 || traffic[effect.role].hash === effect.hash) return undefined;
  const readyOf = (hash?: string) => readyPods(sets.find((set) => set.hash === hash));
  if (readyOf(effect.hash) > 0 || readyOf(traffic[effect.role].hash) === 0) return undefined;
  return `the ${effect.role} Service would name a set without ready pods`;
}

function aServingSetGoesBelowItsFloor(
  { snapshot, now }: Look,
  effect: Effect,
): string | undefined {
  if (effect.kind !== 'scaleSet' || effect.to >= effect.from) return undefined;
  const { release, sets, state, traffic } = snapshot;
  if (release.spec.kind === 'invalid' || release.replicas === undefined) return undefined;
  const spec = release.spec.value;
  const set = sets.find(({ name }) => name === effect.set.name);
  // Only stable serves by right; what is taken from the candidate takes nothing from users.
  if (!set || set.name !== state.stable?.setName) return undefined;
  const available = (one: SetView) => availablePods(one, spec.minReadySeconds, now);
  const others =
    traffic.kind === 'weighted'
      ? weightedOthers(snapshot, set)
      : sets.filter((one) => one !== set && !isRefusedOutcome(one));
  const after =
    Math.min(available(set), effect.to) + others.reduce((sum, one) => sum + available(one), 0);
  const { replicas, maxUnavailable } = boundsOf(spec, release.replicas);
  const before = available(set) + others.reduce((sum, one) => sum + available(one), 0);
  if (after >= before || after >= replicas - maxUnavailable) return undefined;
  return `it would leave ${after} ready pods of ${replicas}, at most ${maxUnavailable} may be missing`;
}

function isRefusedOutcome(set: SetView): boolean {
  return set.outcome === 'failed' || set.outcome === 'undone';
}

/* With a router only the sets behind the stable Service answer at the end of a release. */
function weightedOthers({ sets, traffic }: Snapshot, set: SetView): readonly SetView[] {
  if (traffic.kind !== 'weighted') return [];
  return sets.filter(
    (one) =>
      one !== set &&
      (one.hash === traffic.stable.hash ||
        (one.hash === traffic.canary.hash && (traffic.route.weight ?? 0) > 0)),
  );
}

function aNamedSetGoesAway({ snapshot }: Look, effect: Effect): string | undefined {
  const { release, sets, traffic } = snapshot;
  if (traffic.kind !== 'weighted' || release.replicas === 0 || release.isDeleted) return undefined;
  const isRemoval = effect.kind === 'deleteSet' || (effect.kind === 'scaleSet' && effect.to === 0);
  if (!isRemoval) return undefined;
  const set = sets.find(({ name }) => name === effect.set.name);
  if (!set) return undefined;
  const weight = traffic.route.weight ?? 0;
  if (set.hash === traffic.stable.hash && weight < 100) {
    const canCarry = effect.kind === 'scaleSet' && readyPods(set) === 0 && set.desired === 0;
    return canCarry ? undefined : 'the stable Service still names it';
  }
  if (set.hash === traffic.canary.hash && weight > 0) return 'the route still gives it weight';
  return undefined;
}
