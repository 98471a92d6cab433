// The sentences of status, events and the log.
import { judgeQueries, type QueryResults } from '../analysis/queries.ts';
import type { Reason } from '../api/reasons.ts';
import type { Instant } from '../lib/instant.ts';
import type { Context } from './context.ts';
import type { Exposure } from './exposure-result.ts';
import { earliest } from './pods.ts';
import { planAt, stepsOf, weightAt } from './steps.ts';
import type { EvidenceView, PaceView } from './snapshot.ts';
import type { StepState } from './state.ts';

export function earlierOf(...moments: (Instant | undefined)[]): Instant | undefined {
  return earliest(moments);
}

export interface StepStory {
  readonly step: StepState;
  readonly exposure: Exposure;
  readonly reason: Reason;
}

/** "step 2/5 verify at 5 %: 1,204 canary requests, 0 errors; evidence 0.02 of 100" */
export function stepSentence(context: Context, { step, exposure, reason }: StepStory): string {
  const { snapshot, spec } = context;
  const count = stepsOf(spec).length;
  const number = `${Math.min(step.index + 1, count)}/${count}`;
  const kind = planAt(spec, step.index).kind;
  const where = `step ${number} ${kind} at ${weightAt(spec, step.index)} %${holdText(reason)}`;
  if (!exposure.isReached) return `${where}; waiting for ${exposure.waitingFor}`;
  const { evidence } = snapshot;
  // Crashes that there are none of are no news, and would be written again and again.
  const told =
    evidence.kind === 'judged' && evidence.basis !== 'pods'
      ? [evidenceSentence(evidence)]
      : [];
  const parts = [...told, ...queriesText(snapshot.queries)];
  return parts.length === 0 ? where : `${where}: ${parts.join('; ')}`;
}

/* What stands in the way is told; values that are good stand in status.checks. */
function queriesText(results: QueryResults): string[] {
  const { kind, sentence } = judgeQueries(results);
  return kind === 'pass' ? [] : [sentence];
}

/** "revision 7 serves everything: 10 of 10 pods ready" */
export function servingSentence(revision: number, available: number, replicas: number): string {
  return `revision ${revision} serves everything: ${available} of ${replicas} pods ready`;
}

function holdText(reason: Reason): string {
  switch (reason) {
    case 'PausedBySpec':
      return ', paused by spec.paused';
    case 'PausedByAction':
      return ', paused by a person';
    case 'NoEvidence':
      return ', held: too little to judge by';
    default:
      return '';
  }
}

export function evidenceSentence(evidence: Extract<EvidenceView, { kind: 'judged' }>): string {
  const { canary } = evidence;
  const strength =
    evidence.evidence < 10
      ? evidence.evidence.toFixed(2)
      : Math.round(evidence.evidence).toString();
  return (
    `${group(canary.requests)} canary requests, ${group(canary.errors)} errors; ` +
    `evidence ${strength} of ${group(evidence.threshold)}${paceText(evidence.pace)}`
  );
}

/* "; pace: at most 5 points worse, up to 12 % allowed, which costs at most 31 bad responses" */
function paceText(pace: PaceView | undefined): string {
  if (pace === undefined) return '';
  const worse = `at most ${Math.round(pace.excessAtMost * 100)} points worse than stable`;
  const cost = `at most ${group(pace.badResponses)} bad responses`;
  return `; pace: ${worse}, ${pace.allowedWeight} % allowed (costs ${cost})`;
}

/** 12345 -> "12,345". */
export function group(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}
