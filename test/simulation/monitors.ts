// What must hold after every single write of an operator, judged by what it could see and by the
// store itself. A monitor returns a sentence when it does not hold.
import { boundsOf } from '../../operator/src/rollout/replicas.ts';
import { planAt, stepsOf, weightAt } from '../../operator/src/rollout/steps.ts';
import { inOrderOfLeaving } from './actors/replica-sets.ts';
import type { WriteEvent } from './operator-process.ts';
import {
  type SetObject,
  type World,
  isWeighted,
  podsOf,
  readyCount,
  servedShare,
} from './world.ts';

type Monitor = (event: WriteEvent) => string | undefined;

const MONITORS: readonly Monitor[] = [
  weightIsAPercentage,
  noShareForNobody,
  noShareWithoutEndpoints,
  noShareForTheRefused,
  shareRisesStepByStep,
  usersStayServed,
  capacityStaysAboveItsFloor,
  podsStayBelowTheCeiling,
  theRefusedDoNotGrow,
  theForeignAreLeftAlone,
  noStepIsSkipped,
  nothingMovesWhileHeld,
  harmIsAnswered,
  nothingRisesWhileStableFails,
  historyIsBounded,
];

/** The first rule that this write breaks. */
export function broken(event: WriteEvent): string | undefined {
  for (const monitor of MONITORS) {
    const found = monitor(event);
    if (found !== undefined) return `${monitor.name}: ${found}`;
  }
  return undefined;
}

function weightIsAPercentage({ after }: WriteEvent): string | undefined {
  const weight = after.route?.weight;
  if (weight === undefined || (Number.isInteger(weight) && weight >= 0 && weight <= 100))
    return undefined;
  return `weight ${weight}`;
}

/* What a thawed leader raises is not judged by what the canary Service names by now: nothing in the
   route tells of that. The next look has to take it back, and does. */
function raisesWeight({ before, after, isThawed, what }: WriteEvent): boolean {
  return !isThawed && what.kind === 'setWeight' && (after.route?.weight ?? 0) > (before.route?.weight ?? 0);
}

/* By the pods the operator could see: a pod may die the moment after. */
function noShareForNobody(event: WriteEvent): string | undefined {
  if (!raisesWeight(event)) return undefined;
  const { after, view } = event;
  const ready = view.pods.pods.some(
    (pod) => pod.hash === after.canary?.hash && pod.isReady && !pod.isTerminating,
  );
  return ready ? undefined : `weight ${after.route?.weight} to a canary Service without ready pods`;
}

/* Pods that no Service has noticed yet answer nobody. At the last turn it is stable's that count. */
function noShareWithoutEndpoints(event: WriteEvent): string | undefined {
  const { after, before, decision, view, what } = event;
  const isFall =
    what.kind === 'setWeight' && (before.route?.weight ?? 0) > (after.route?.weight ?? 0);
  const isLastTurn = isFall && after.stable?.hash === decision.next.candidate?.hash;
  if (!raisesWeight(event) && !isLastTurn) return undefined;
  const role = isLastTurn ? 'stable' : 'canary';
  const endpoints = view.endpoints[role]?.readyPods ?? [];
  const isServed = view.pods.pods.some(
    (pod) => pod.hash === after[role]?.hash && endpoints.includes(pod.name),
  );
  if (isServed || event.snapshot.release.replicas === 0) return undefined;
  return `weight ${after.route?.weight} while the ${role} Service has no endpoints of its own`;
}

function noShareForTheRefused(event: WriteEvent): string | undefined {
  if (!raisesWeight(event)) return undefined;
  const set = event.before.sets.find((one) => one.hash === event.after.canary?.hash);
  return set && isRefused(set)
    ? `weight ${event.after.route?.weight} to ${set.name}, which is ${set.outcome}`
    : undefined;
}

function isRefused({ outcome }: SetObject): boolean {
  return outcome === 'failed' || outcome === 'undone';
}

function shareRisesStepByStep(event: WriteEvent): string | undefined {
  if (!raisesWeight(event)) return undefined;
  const { after, decision, snapshot } = event;
  const { stage } = decision.next;
  const spec = snapshot.release.spec;
  if (spec.kind === 'invalid') return 'a weight was raised for an invalid spec';
  const most =
    stage.kind === 'Stepping'
      ? weightAt(spec.value, stage.step.index)
      : stage.kind === 'Promoting'
        ? 100
        : 0;
  return (after.route?.weight ?? 0) > most
    ? `weight ${after.route?.weight} where ${most} is the most`
    : undefined;
}

/** The world as the operator saw its pods, once the ReplicaSets have shrunk to their sizes. */
function settled(world: World, { view }: WriteEvent): World {
  const pods = world.sets.flatMap((set) => {
    const live = podsOf(view.pods, set).filter((pod) => !pod.isTerminating);
    return inOrderOfLeaving(live).slice(Math.max(0, live.length - set.desired));
  });
  return { ...world, pods };
}

/* A thawed leader's last write is right for the object it changes; what has become of the others
   meanwhile it cannot know, and the next look of the one who leads mends it. */
function isLettingGo({ isThawed, snapshot }: WriteEvent): boolean {
  return isThawed || snapshot.release.isDeleted || snapshot.release.replicas === 0;
}

/* Not where the author allows every pod to be missing. */
function usersStayServed(event: WriteEvent): string | undefined {
  if (isLettingGo(event) || event.what.kind === 'status' || mayAllBeMissing(event))
    return undefined;
  const [before, after] = [
    servedShare(settled(event.before, event)),
    servedShare(settled(event.after, event)),
  ];
  return after < before - 1e-9
    ? `${percent(before)} of the requests were served, ${percent(after)} are`
    : undefined;
}

function mayAllBeMissing({ before, snapshot: { release } }: WriteEvent): boolean {
  if (release.spec.kind === 'invalid' || isWeighted(before)) return false;
  const { maxUnavailable, replicas } = boundsOf(release.spec.value, release.replicas ?? 0);
  return replicas <= maxUnavailable;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/* Of the sets that serve: all of them under pod share, else what the stable Service names. On the
   way back from a version that hurts, half of the pods are enough. */
function capacityStaysAboveItsFloor(event: WriteEvent): string | undefined {
  const { snapshot, what } = event;
  const isFirst = snapshot.state.stable === undefined;
  if (
    isLettingGo(event) ||
    isFirst ||
    what.kind !== 'scaleSet' ||
    snapshot.release.spec.kind === 'invalid'
  )
    return undefined;
  const bounds = boundsOf(snapshot.release.spec.value, snapshot.release.replicas ?? 0);
  const floor = isUrgent(event)
    ? Math.ceil(bounds.replicas / 2)
    : bounds.replicas - bounds.maxUnavailable;
  const [before, after] = [
    capacity(settled(event.before, event)),
    capacity(settled(event.after, event)),
  ];
  return after < before && after < floor
    ? `${after} pods serve, ${before} did, ${floor} must`
    : undefined;
}

function isUrgent({ decision }: WriteEvent): boolean {
  const { stage } = decision.next;
  return (
    (stage.kind === 'RollingBack' || stage.kind === 'RolledBack') &&
    stage.cause.outcome !== 'superseded'
  );
}

function capacity(world: World): number {
  const serving = world.sets.filter((set) => set.owner === 'release' && isServing(world, set));
  return serving.reduce((sum, set) => sum + readyCount(world, set), 0);
}

function isServing(world: World, set: SetObject): boolean {
  if (!isWeighted(world)) return true;
  const weight = world.route?.weight ?? 0;
  return set.hash === (weight === 100 ? world.canary?.hash : world.stable?.hash);
}

function podsStayBelowTheCeiling(event: WriteEvent): string | undefined {
  const { before, after, decision, snapshot, what } = event;
  const isGrowth =
    (what.kind === 'createSet' && what.replicas > 0) ||
    (what.kind === 'scaleSet' && what.to > what.from);
  if (!isGrowth || snapshot.release.spec.kind === 'invalid' || isUrgent(event)) return undefined;
  const { maxSurge, replicas } = boundsOf(
    snapshot.release.spec.value,
    snapshot.release.replicas ?? 0,
  );
  const { candidate, stable } = decision.next;
  const total = after.sets
    .filter((set) => set.name === candidate?.setName || set.name === stable?.setName)
    .reduce((sum, set) => sum + set.desired, 0);
  // A first version has nothing to be exchanged for: it goes up whole.
  const isWhole = isWeighted(before) || snapshot.state.stable === undefined;
  const ceiling = isWhole ? 2 * Math.max(replicas, largest(before)) : replicas + maxSurge;
  return total > ceiling ? `${total} pods are wanted, ${ceiling} may be` : undefined;
}

const largest = ({ sets }: World): number => Math.max(0, ...sets.map((set) => set.desired));

function theRefusedDoNotGrow({ before, what }: WriteEvent): string | undefined {
  if (what.kind !== 'scaleSet' || what.to <= what.from) return undefined;
  const set = before.sets.find((one) => one.uid === what.set.uid);
  return set && isRefused(set)
    ? `${set.name} is ${set.outcome} and grows to ${what.to}`
    : undefined;
}

function theForeignAreLeftAlone({ before, what }: WriteEvent): string | undefined {
  if (what.kind !== 'deleteSet' && what.kind !== 'scaleSet' && what.kind !== 'markSet')
    return undefined;
  const set = before.sets.find((one) => one.uid === what.set.uid);
  if (!set || set.owner === 'release') return undefined;
  const isEmptyRemoval =
    what.kind === 'deleteSet' && set.desired === 0 && podsOf(before, set).length === 0;
  return isEmptyRemoval ? undefined : `${what.kind} of ${set.name}, which the Deployment owns`;
}

/* Between two statuses of the same release under the same spec every step in between was passed. */
function noStepIsSkipped(event: WriteEvent): string | undefined {
  const { snapshot, what } = event;
  const spec = snapshot.release.spec;
  const from = snapshot.state.stage;
  if (
    what.kind !== 'status' ||
    spec.kind === 'invalid' ||
    from.kind !== 'Stepping' ||
    !hasStable(event)
  )
    return undefined;
  const isEdited = what.status.observedGeneration !== event.before.release?.status.observedGeneration;
  if (isEdited) return undefined;
  const { candidate, stage, step } = what.status;
  const isPromoted =
    stage === 'Idle' && what.status.stable?.replicaSet === snapshot.state.candidate?.setName;
  if (stage === 'Stepping' && candidate?.replicaSet !== snapshot.state.candidate?.setName)
    return undefined;
  if (stage !== 'Stepping' && stage !== 'Promoting' && !isPromoted) return undefined;
  const to = stage === 'Stepping' ? (step?.index ?? 0) : stepsOf(spec.value).length;
  for (let index = from.step.index; index < to; index += 1) {
    const why = whyNotPassed(
      event,
      index,
      index === from.step.index ? from.step.startedAt : event.now,
    );
    if (why !== undefined) return `step ${index} was passed: ${why}`;
  }
  return undefined;
}

/* A first release has no steps to skip. */
function hasStable({ snapshot }: WriteEvent): boolean {
  return snapshot.state.stable !== undefined;
}

function whyNotPassed(
  { now, snapshot }: WriteEvent,
  index: number,
  startedAt: number,
): string | undefined {
  const { actions, evidence, release, state } = snapshot;
  if (release.spec.kind === 'invalid') return 'the spec is invalid';
  const plan = planAt(release.spec.value, index);
  const isPromoted =
    actions.some(({ action }) => action === 'promote') ||
    (state.stage.kind === 'Stepping' && state.stage.step.isPromoted);
  if (plan.kind === 'weight' || plan.kind === 'finish')
    return whyNotExposed(snapshot, plan.kind === 'weight' ? plan.weight : 100);
  if (isPromoted) return undefined;
  const elapsedMs = now - startedAt;
  if (plan.kind === 'pause') {
    if (plan.seconds === undefined) return 'nobody promoted it';
    return elapsedMs >= plan.seconds * 1000
      ? undefined
      : `${elapsedMs} ms of a pause of ${plan.seconds} s`;
  }
  const { deadlineSeconds, onDeadline, requests, seconds } = plan.verify;
  if (onDeadline === 'promote' && elapsedMs >= deadlineSeconds * 1000) return undefined;
  if (elapsedMs < seconds * 1000) return `${elapsedMs} ms of a verify of ${seconds} s`;
  if (evidence.kind === 'none') return undefined;
  if (evidence.verdict !== 'continue') return `the verdict is ${evidence.verdict}`;
  const before =
    state.stage.kind === 'Stepping' && state.stage.step.index === index
      ? state.stage.step.requestsBefore
      : 0;
  return evidence.canary.requests - before >= requests
    ? undefined
    : 'too few requests were counted';
}

function whyNotExposed(
  { release, sets, state, traffic }: WriteEvent['snapshot'],
  weight: number,
): string | undefined {
  if (release.replicas === 0) return undefined;
  if (traffic.kind === 'weighted') {
    return traffic.route.weight === weight
      ? undefined
      : `the route gives ${traffic.route.weight}, not ${weight}`;
  }
  const candidate = sets.find((set) => set.name === state.candidate?.setName);
  const ready = candidate?.pods.filter((pod) => pod.isReady && !pod.isTerminating).length ?? 0;
  return weight === 0 || ready > 0 || release.replicas === 1
    ? undefined
    : `no candidate pod is ready at ${weight} %`;
}

/* An edited list numbers its steps anew: there the share tells whether the release went on. */
function nothingMovesWhileHeld(event: WriteEvent): string | undefined {
  const { decision, snapshot, what } = event;
  const { release, state } = snapshot;
  if (what.kind !== 'status' || release.spec.kind === 'invalid' || state.stage.kind !== 'Stepping')
    return undefined;
  const isResumed = snapshot.actions.some(
    ({ action }) => action === 'resume' || action === 'promote',
  );
  const isHeld = release.spec.value.paused || (state.pausedBy !== undefined && !isResumed);
  const { stage } = decision.next;
  if (!isHeld || !hasStable(event)) return undefined;
  if (stage.kind === 'Promoting') return 'a held release was promoted';
  const isSame = decision.next.candidate?.setName === state.candidate?.setName;
  if (stage.kind !== 'Stepping' || !isSame) return undefined;
  const isEdited = release.generation !== event.before.release?.status.observedGeneration;
  const hasGoneOn = isEdited
    ? stage.step.index > state.stage.step.index &&
      weightAt(release.spec.value, stage.step.index) > state.weight.observed
    : stage.step.index > state.stage.step.index;
  return hasGoneOn ? 'a held release went on' : undefined;
}

function harmIsAnswered({
  decision,
  snapshot: { evidence, state },
  what,
}: WriteEvent): string | undefined {
  const isTried = state.stage.kind === 'Stepping' && state.stable !== undefined;
  if (
    what.kind !== 'status' ||
    !isTried ||
    evidence.kind === 'none' ||
    evidence.verdict !== 'rollback'
  )
    return undefined;
  const { kind } = decision.next.stage;
  return kind === 'Stepping' || kind === 'Promoting'
    ? 'the release goes on against the evidence'
    : undefined;
}

/* But for a step that somebody promoted past, and the last turn, which goes on by itself. */
function nothingRisesWhileStableFails(event: WriteEvent): string | undefined {
  const { snapshot, what } = event;
  const { evidence, release, state, traffic } = snapshot;
  const isFailing = evidence.kind === 'judged' && evidence.stableHealth === 'failing';
  if (!isFailing || !raisesWeight(event) || release.spec.kind === 'invalid') return undefined;
  const { stage } = state;
  const isPromoted =
    'step' in stage && (stage.step.isPromoted || state.outage?.response.kind === 'rescue');
  const isAsked = snapshot.actions.some(({ action }) => action === 'promote');
  const isLastTurn = traffic.kind === 'weighted' && traffic.stable.hash === state.candidate?.hash;
  return isPromoted || isAsked || isLastTurn || what.kind !== 'setWeight'
    ? undefined
    : `weight ${what.weight} while stable fails`;
}

function historyIsBounded({ what }: WriteEvent): string | undefined {
  if (what.kind !== 'status') return undefined;
  const { history = [], message = '' } = what.status;
  return history.length > 10 || message.length > 2048 ? 'status grows without bound' : undefined;
}
