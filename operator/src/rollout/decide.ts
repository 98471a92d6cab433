// The decision core: one snapshot and the time in, one decision out. No I/O, no clock, no await.
import type { Instant } from '../lib/instant.ts';
import { applyActions } from './actions.ts';
import { decideAdoption } from './adopt.ts';
import { decideStepping } from './canary.ts';
import { type Context, contextOf, withState } from './context.ts';
import type { Decision } from './decision.ts';
import { optional } from '../lib/optional.ts';
import { inPresentSteps } from './edited-steps.ts';
import { decideFirstRelease } from './first-release.ts';
import { decideHandBack } from './hand-back.ts';
import { decideIdle, isRefused, rebuiltCause, startRelease } from './idle.ts';
import { earliest, nextAvailableAt } from './pods.ts';
import { beginRollback, decideRollingBack } from './rollback.ts';
import type { Snapshot } from './snapshot.ts';
import { removeStrays } from './strays.ts';
import { orWayBack } from './way-back.ts';
import type { Reason } from '../api/reasons.ts';

type Guard = (snapshot: Snapshot, now: Instant) => Decision | undefined;

/** In order; the first that speaks decides. Each is named after what it has found. */
const GUARDS: readonly Guard[] = [
  releaseIsDeleted,
  specIsInvalid,
  anotherReleaseHasTheClaim,
  workloadIsMissing,
  templateIsRejected,
  finalizerIsMissing,
  deploymentIsNotAdopted,
  replicasAreNobodys,
  trafficIsBlocked,
];

export function decide(snapshot: Snapshot, now: Instant): Decision {
  const decision = decideNow(snapshot, now);
  const wakeAt = earliest([decision.wakeAt, nextAvailable(snapshot, now)]);
  return { ...decision, ...optional('wakeAt', wakeAt) };
}

function decideNow(snapshot: Snapshot, now: Instant): Decision {
  for (const guard of GUARDS) {
    const decision = guard(snapshot, now);
    if (!decision) continue;
    return snapshot.release.isDeleted ? decision : orWayBack(decision, snapshot, now);
  }
  const context = contextOf(snapshot, now);
  return context ? decideRelease(context) : nothingIsWanted(snapshot);
}

/* Nothing announces that a pod has been Ready for minReadySeconds: it is looked at then. */
function nextAvailable({ release, sets }: Snapshot, now: Instant): Instant | undefined {
  if (release.spec.kind === 'invalid') return undefined;
  const { minReadySeconds } = release.spec.value;
  return earliest(sets.map((set) => nextAvailableAt(set, minReadySeconds, now)));
}

function decideRelease(seen: Context): Decision {
  const from = inPresentSteps(seen);
  const asked = applyActions(from);
  const decision = decideStage(asked.context, asked);
  const strays = from.stable ? removeStrays(from, decision.next) : [];
  return { ...decision, effects: [...decision.effects, ...strays, ...asked.effects] };
}

function decideStage(context: Context, asked: ReturnType<typeof applyActions>): Decision {
  const { stable, state, wantedSet, wanted } = context;
  if (!stable) return decideFirstRelease(context);
  const { stage } = state;
  switch (stage.kind) {
    case 'RollingBack':
      return decideRollingBack(context, stage.cause);
    case 'Stepping':
    case 'Promoting': {
      // The first version was marked stable, and the status that says so was never written.
      if (state.candidate?.setName === stable.name) {
        return wantedSet === stable ? decideFirstRelease(context) : decideIdle(context);
      }
      if (asked.abort) return beginRollback(context, asked.abort);
      // It was taken back, and the status that says so was never written.
      if (context.candidate && isRefused(context.candidate)) {
        return beginRollback(context, rebuiltCause(context, context.candidate));
      }
      const isStillWanted = wantedSet
        ? wantedSet.name === state.candidate?.setName
        : wanted.hash === state.candidate?.hash;
      if (isStillWanted) return decideStepping(context, stage.step);
      const reason = wantedSet === stable ? 'Undone' : 'Superseded';
      const message =
        wantedSet === stable
          ? `revision ${stable.revision} is wanted again`
          : 'a newer version is wanted';
      return beginRollback(context, { reason, message, outcome: 'superseded' });
    }
    case 'Idle':
    case 'RolledBack':
      if (asked.isRetried) {
        return startRelease(
          context,
          withState(context, { ...state, stage: { kind: 'Idle' } }).state,
        );
      }
      return decideIdle(context);
  }
}

function releaseIsDeleted(snapshot: Snapshot, now: Instant): Decision | undefined {
  if (!snapshot.release.isDeleted) return undefined;
  return decideHandBack(snapshot, now);
}

function specIsInvalid({ release, state }: Snapshot): Decision | undefined {
  if (release.spec.kind === 'valid') return undefined;
  const [first] = release.spec.violations;
  return blocked(
    state,
    'InvalidSpec',
    first ? `${first.field}: ${first.message}` : 'the specification is invalid',
  );
}

function anotherReleaseHasTheClaim({ release, state }: Snapshot): Decision | undefined {
  if (release.claimedBy === undefined) return undefined;
  return blocked(
    state,
    'AlreadyClaimed',
    `AppRelease ${release.claimedBy} is older and has the same workload, Service or route`,
  );
}

function workloadIsMissing({ state, workload }: Snapshot): Decision | undefined {
  if (workload.kind !== 'missing') return undefined;
  return blocked(
    state,
    'WorkloadNotFound',
    `Deployment ${workload.name} does not exist; create it or correct spec.workloadRef.name`,
  );
}

function templateIsRejected({ state, workload }: Snapshot): Decision | undefined {
  if (workload.kind !== 'template' || workload.rejection === undefined) return undefined;
  return blocked(state, 'TemplateRejected', workload.rejection);
}

function finalizerIsMissing({ release, state }: Snapshot): Decision | undefined {
  if (release.hasFinalizer) return undefined;
  return {
    next: state,
    effects: [{ kind: 'addFinalizer' }],
    phase: 'Progressing',
    reason: 'ReleaseStarted',
    message: 'claiming the release',
  };
}

function deploymentIsNotAdopted(snapshot: Snapshot): Decision | undefined {
  return decideAdoption(snapshot);
}

function replicasAreNobodys(snapshot: Snapshot): Decision | undefined {
  const { release, state, workload } = snapshot;
  if (release.replicas !== undefined) return undefined;
  const running = runningPods(snapshot);
  const own = workload.kind === 'deployment' ? workload.replicas : 0;
  const replicas = running || own || 1;
  return {
    next: state,
    effects: [{ kind: 'claimReplicas', replicas }],
    phase: 'Progressing',
    reason: 'ReleaseStarted',
    message: `replicas is not set; writing ${replicas}`,
  };
}

/* By pods, stable and candidate share the number that somebody took away in the middle of a release:
   it was their sum, a surge at most more. With a router stable has all of it. */
function runningPods({ release: { spec }, sets, state }: Snapshot): number {
  const most = Math.max(0, ...sets.map((set) => set.desired));
  if (spec.kind === 'valid' && spec.value.traffic?.gateway) return most;
  const pair = [state.stable?.setName, state.candidate?.setName];
  const both = sets.filter((set) => pair.includes(set.name));
  return Math.max(
    most,
    both.reduce((sum, set) => sum + set.desired, 0),
  );
}

function trafficIsBlocked({ state, traffic }: Snapshot): Decision | undefined {
  if (traffic.kind !== 'blocked') return undefined;
  return blocked(state, traffic.reason, traffic.message);
}

function nothingIsWanted({ state }: Snapshot): Decision {
  return blocked(state, 'WorkloadNotFound', 'there is no pod template to be released');
}

/* Nothing that runs is touched; the state is kept as it was. */
function blocked(state: Snapshot['state'], reason: Reason, message: string): Decision {
  return { next: state, effects: [], phase: 'Blocked', reason, message };
}
