// Something else comes first in the middle of a release, or blocks it: nothing advances, but the way
// back stays open. Who aborts, and a candidate that hurts, does not wait until that is mended.
import { applyActions } from './actions.ts';
import { certainHarm } from './canary.ts';
import { type Context, contextOf } from './context.ts';
import type { Decision } from './decision.ts';
import { optional } from '../lib/optional.ts';
import { resize } from './scale-sets.ts';
import { beginRollback, decideRollingBack, type RollbackOrder } from './rollback.ts';
import type { Snapshot, WantedView } from './snapshot.ts';
import type { RollbackCause } from './state.ts';
import type { Instant } from '../lib/instant.ts';

/** The decision of a guard, or the way back where it has to be gone all the same. */
export function orWayBack(guarded: Decision, snapshot: Snapshot, now: Instant): Decision {
  const from = contextFor(snapshot, now);
  if (!from?.stable || from.stable.name === from.state.candidate?.setName) return guarded;
  const asked = applyActions(from);
  const decision = goBack(asked.context, asked.abort);
  const told = !decision
    ? { ...guarded, next: { ...guarded.next, finished: asked.context.state.finished } }
    : isHidden(from)
      ? hidden(asked.context, decision)
      : decision;
  return { ...told, effects: [...told.effects, ...asked.effects] };
}

function goBack(context: Context, abort: RollbackOrder | undefined): Decision | undefined {
  const { stage } = context.state;
  if (stage.kind === 'RollingBack') return decideRollingBack(context, stage.cause);
  if (stage.kind !== 'Stepping' && stage.kind !== 'Promoting') return undefined;
  const failed = certainHarm(context);
  const order = abort ?? (failed && { ...failed, outcome: 'failed' as const });
  return order && beginRollback(context, order);
}

/* As much of a context as can be had: a version that nobody can read now is as good as the one that
   is being tried. Only what people say against it is taken; the rest waits. */
function contextFor(snapshot: Snapshot, now: Instant): Context | undefined {
  const { actions, release, sets, state, traffic, wanted } = snapshot;
  const { candidate } = state;
  const partial = release.spec.kind === 'invalid' ? release.spec.partial : release.spec.value;
  const tried = sets.find((set) => set.name === candidate?.setName);
  const pretended: WantedView | undefined = candidate && {
    hash: candidate.hash,
    images: candidate.images,
    ...optional('setName', tried?.name),
    settledAt: now,
  };
  const seen = wanted ?? pretended;
  if (!partial || !seen) return undefined;
  return contextOf(
    {
      ...snapshot,
      release: { ...release, spec: { kind: 'valid', value: partial } },
      wanted: seen,
      traffic: traffic.kind === 'blocked' ? (traffic.behind ?? traffic) : traffic,
      actions: actions.filter(
        ({ action, uid }) =>
          action === 'abort' || state.finished.some((finished) => finished.uid === uid),
      ),
    },
    now,
  );
}

/* With a router that cannot be looked at, or was there before, nobody knows who still reaches the
   candidate. Only where a mere Service is missing is it known that pods share. */
function isHidden({ snapshot: { traffic }, spec }: Context): boolean {
  if (traffic.kind !== 'blocked') return false;
  return spec.traffic?.gateway !== undefined || traffic.reason !== 'ServiceNotFound';
}

/* It is remembered that the way back has begun; the candidate keeps its pods until it can be gone. */
function hidden(context: Context, decision: Decision): Decision {
  const { snapshot, stable, bounds } = context;
  const { stage } = decision.next;
  const cause: RollbackCause | undefined = stage.kind === 'RollingBack' ? stage.cause : undefined;
  if (snapshot.traffic.kind !== 'blocked' || !cause) return { ...decision, effects: [] };
  const { message, reason } = snapshot.traffic;
  return {
    next: { ...decision.next, weight: context.state.weight },
    effects: resize(stable, Math.max(stable?.desired ?? 0, bounds.replicas)),
    phase: 'Blocked',
    reason,
    message: `${cause.message}; the way back waits: ${message}`,
  };
}
