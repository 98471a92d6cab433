// From a verdict of the analysis to what the decision core is shown of it.
import type { AnalysisState } from '../analysis/analyse.ts';
import { paceOf } from '../analysis/pace.ts';
import { countText } from '../analysis/number-text.ts';
import type { AnalysisParams } from '../analysis/params.ts';
import type { Verdict } from '../analysis/verdict.ts';
import type { DispersionView, EvidenceView } from '../rollout/snapshot.ts';
import type { GatewaySeen } from './sample-gateway.ts';

/** What is known of a release that is being watched. */
export interface Judgement {
  readonly params: AnalysisParams;
  readonly state: AnalysisState;
  readonly verdict: Verdict | undefined;
  /** What tempers the errors was seen at stable, or is assumed. */
  readonly tempering: 'assumed' | 'estimated';
  /** Counter names of a page on which nothing was recognised. */
  readonly counterNames: readonly string[];
  /** A pod whose page could not be had, and why. */
  readonly unread?: string | undefined;
  /** What was seen of the gateway, where it is looked at. */
  readonly gateway?: Pick<GatewaySeen, 'told'> | undefined;
  /** What each candidate pod has answered. */
  readonly candidatePods: readonly PodTally[];
}

export interface PodTally {
  readonly name: string;
  readonly requests: number;
  readonly errors: number;
}

type Judged = Extract<EvidenceView, { kind: 'judged' }>;

/** More pods than these are not named. */
const PODS_NAMED = 3;

export function evidenceView(judgement: Judgement): Judged {
  const { params, state, verdict } = judgement;
  const basis = basisOf(params);
  if (!verdict) {
    const { canary, stable } = state.judge;
    return {
      kind: 'judged',
      basis,
      verdict: 'noData',
      stableHealth: 'uneasy',
      dispersion: dispersionView(judgement),
      sentence: 'no sample yet',
      evidence: 1,
      threshold: 1 / params.falseRollbackRate,
      signals: [],
      canary,
      stable,
    };
  }
  const { canary, evidence, signals, stable, threshold } = verdict.numbers;
  return {
    kind: 'judged',
    basis,
    verdict: verdict.kind,
    ...('reason' in verdict ? { reason: verdict.reason } : {}),
    stableHealth: verdict.stableHealth,
    dispersion: dispersionView(judgement),
    ...paceView(judgement),
    ...gatewayView(judgement),
    sentence: `${verdict.sentence}${seenInstead(judgement)}${whichPods(judgement)}`,
    evidence,
    threshold,
    signals: signals.map(({ signal, ...rest }) => ({ name: signal, ...rest })),
    canary,
    stable,
  };
}

/* Whatever counts requests counts those that a verify step waits for; the pods first. */
function basisOf({ gateway, pods }: AnalysisParams): Judged['basis'] {
  if (pods === 'scraped') return 'requests';
  return gateway === 'judged' ? 'gateway' : 'pods';
}

function gatewayView({ gateway }: Judgement): Pick<Judged, 'gateway'> {
  return gateway?.told === undefined ? {} : { gateway: gateway.told };
}

function paceView({ params, state: { judge } }: Judgement): Pick<Judged, 'pace'> {
  const { pace } = params;
  if (pace === undefined || judge.excess === undefined) return {};
  return { pace: paceOf(judge.excess, judge, { ...params, pace }) };
}

function dispersionView({ params, tempering }: Judgement): DispersionView {
  const { method } = params.errors;
  return method.kind === 'betting'
    ? { kind: 'strict' }
    : { kind: tempering, phi: method.dispersion };
}

/* Whoever has to name the counters, or to mend what cannot be read, should not have to search. */
function seenInstead({ counterNames, unread, verdict }: Judgement): string {
  if (verdict?.kind !== 'noData') return '';
  if (verdict.reason === 'ScrapeFailed' && unread !== undefined) return `; ${unread}`;
  const isUnknown = verdict.reason === 'MetricsNotRecognized' && counterNames.length > 0;
  return isUnknown ? `; its counters: ${counterNames.join(', ')}` : '';
}

/* One pod of several that fails is another trouble than a version that does. */
function whichPods({ candidatePods, verdict }: Judgement): string {
  if (verdict?.kind !== 'rollback') return '';
  const failing = candidatePods
    .filter(({ errors }) => errors > 0)
    .toSorted((a, b) => b.errors - a.errors);
  if (failing.length === 0) return '';
  const named = failing
    .slice(0, PODS_NAMED)
    .map(({ errors, name, requests }) => `${name} ${countText(errors)} of ${countText(requests)}`);
  const more = failing.length > PODS_NAMED ? ` and ${failing.length - PODS_NAMED} more` : '';
  return `; by pod: ${named.join(', ')}${more}`;
}
