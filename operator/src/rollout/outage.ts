// Stable itself fails: what both versions share may be broken, so nothing is promoted and no time
// runs. If it began soon after the candidate got more traffic, the candidate is a suspect: its
// traffic is withdrawn, and stable's recovery within a short time convicts it.
//
//   (well) --stable fails--> held --soon after more weight, still failing--> withdrawn
//   held      --stable well--> (well)            timers go on where they stood
//   withdrawn --stable well in time--> rollback  --stable well later--> (well)
//   held      --candidate shown to do better, if allowed--> rescue: everything to the candidate
import { after, instant, type Instant } from '../lib/instant.ts';
import { type Context, withState } from './context.ts';
import type { Decision } from './decision.ts';
import { earlierOf } from './explain.ts';
import { keepSplit, withdraw } from './exposure.ts';
import { enterStep, tryingAt } from './progress.ts';
import { isSwitched } from './promotion.ts';
import { beginRollback } from './rollback.ts';
import { stepsOf, weightAt } from './steps.ts';
import type { Outage, StepState } from './state.ts';

/** So long stable may fail before a suspect loses its traffic: short troubles pass by themselves. */
export const WITHDRAW_AFTER_MS = 60_000;
/** A candidate that got more traffic no longer ago than this is a suspect. */
export const SUSPECT_WITHIN_MS = 120_000;
/** A recovery within this time of the withdrawal is put down to it. */
export const RECOVERY_WITHIN_MS = 120_000;

export type OutageAnswer =
  | { readonly kind: 'goOn'; readonly context: Context; readonly step: StepState }
  | { readonly kind: 'decided'; readonly decision: Decision };

/** What stable's own failures mean for a release under way. */
export function answerOutage(context: Context, step: StepState): OutageAnswer {
  const { evidence } = context.snapshot;
  const { outage } = context.state;
  const isFailing = evidence.kind === 'judged' && evidence.stableHealth === 'failing';
  // Half of the last turn done, nobody could say which side is stable; it goes on.
  if (isSwitched(context) || step.isPromoted) return { kind: 'goOn', context, step };
  if (outage?.response.kind === 'rescue') return { kind: 'goOn', context, step };
  if (!outage) return isFailing ? respond(context, step, begun(context)) : { kind: 'goOn', context, step };
  const isWell = evidence.kind !== 'judged' || evidence.stableHealth === 'calm';
  return isWell ? recovered(context, step, outage) : respond(context, step, outage);
}

function begun({ now }: Context): Outage {
  return { since: now, response: { kind: 'held' } };
}

function respond(context: Context, step: StepState, outage: Outage): OutageAnswer {
  if (isRescued(context)) return rescue(context, outage);
  const withdrawAt = withdrawalAt(context, step, outage);
  const isDue = withdrawAt !== undefined && context.now >= withdrawAt;
  const response = isDue ? ({ kind: 'withdrawn', at: context.now } as const) : outage.response;
  return { kind: 'decided', decision: hold(context, step, { ...outage, response }) };
}

/* Whoever paused the release wants to see it paused, a rescue included. */
function isRescued({ snapshot: { evidence }, spec, state }: Context): boolean {
  const isAllowed = spec.checks?.rescue === 'allow' && !spec.paused && !state.pausedBy;
  return isAllowed && evidence.kind === 'judged' && evidence.reason === 'StableWorse';
}

function rescue(context: Context, { since }: Outage): OutageAnswer {
  const outage: Outage = { since, response: { kind: 'rescue' } };
  const rescued = withState(context, { ...context.state, outage });
  return { kind: 'goOn', context: rescued, step: enterStep(rescued, stepsOf(context.spec).length) };
}

/** When the candidate's traffic is to be withdrawn; undefined where it is no suspect, or has none. */
function withdrawalAt(context: Context, step: StepState, outage: Outage): Instant | undefined {
  if (outage.response.kind !== 'held' || context.state.weight.observed === 0) return undefined;
  const isSuspect = outage.since - raisedAt(context, step) <= SUSPECT_WITHIN_MS;
  return isSuspect ? after(outage.since, WITHDRAW_AFTER_MS) : undefined;
}

/* With share of pods nothing says when the share grew; no later than the present step began. */
function raisedAt({ snapshot: { traffic }, state }: Context, step: StepState): Instant {
  const weightSetAt = traffic.kind === 'weighted' ? traffic.route.weightSetAt : undefined;
  return weightSetAt ?? state.weight.changedAt ?? step.startedAt;
}

function recovered(context: Context, step: StepState, outage: Outage): OutageAnswer {
  const { now, state } = context;
  const { response, since } = outage;
  if (response.kind === 'withdrawn' && now - response.at <= RECOVERY_WITHIN_MS) {
    const message =
      `stable failed for ${seconds(response.at - since)} after the candidate got more traffic, and ` +
      `recovered ${seconds(now - response.at)} after that was withdrawn`;
    const cause = { reason: 'SharedHarm', message, outcome: 'failed' } as const;
    return { kind: 'decided', decision: beginRollback(context, cause) };
  }
  const { outage: _over, ...rest } = state;
  return { kind: 'goOn', context: withState(context, rest), step: delayed(step, now - since) };
}

/* The time of an outage counts for nothing: neither for a pause nor against a deadline. */
function delayed(step: StepState, byMs: number): StepState {
  return {
    ...step,
    startedAt: after(step.startedAt, byMs),
    markedAt: instant(after(step.markedAt, byMs)),
  };
}

function hold(context: Context, step: StepState, outage: Outage): Decision {
  const { snapshot, spec, state } = context;
  const isWithdrawn = outage.response.kind === 'withdrawn';
  const { evidence } = snapshot;
  const told = evidence.kind === 'judged' ? evidence.sentence : 'stable is failing';
  const isWorse = evidence.kind === 'judged' && evidence.reason === 'StableWorse';
  const held = withState(context, { ...state, outage });
  const { effects, weight } = isWithdrawn
    ? withdraw(held)
    : { effects: keepSplit(held, weightAt(spec, step.index)), weight: held.state.weight };
  const wakeAt = earlierOf(withdrawalAt(context, step, outage));
  return {
    next: { ...held.state, stage: tryingAt(state, step), weight },
    effects,
    ...(wakeAt === undefined ? {} : { wakeAt }),
    phase: 'Paused',
    reason: isWorse ? 'StableWorse' : 'SharedOutage',
    message: isWithdrawn ? `the candidate's traffic is withdrawn to see what becomes of stable; ${told}` : told,
  };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
