// The one sentence of a verdict, the same in status, event, log and on the command line.
import { assertNever } from '../lib/assert.ts';
import { countText, evidenceText, intervalText, percentText, secondsText } from './number-text.ts';
import type { Arm, NoDataReason } from './sample.ts';
import type {
  ArmCounts,
  BuiltInSignal,
  HoldReason,
  RollbackReason,
  SignalEvidence,
  VerdictNumbers,
} from './verdict.ts';

/** Whose counters are compared. */
type CounterSource = 'pods' | 'gateway';

/** What was found, before it is told. */
export type Finding =
  | { readonly kind: 'rollback'; readonly reason: Exclude<RollbackReason, 'CandidateSilent'> }
  | { readonly kind: 'hold'; readonly reason: Exclude<HoldReason, 'CandidateSilent'> }
  | {
      readonly kind: 'rollback' | 'hold';
      readonly reason: 'CandidateSilent';
      readonly expectedRequests: number;
      readonly source: CounterSource;
    }
  | {
      readonly kind: 'noData';
      readonly reason: NoDataReason;
      readonly arm: Arm;
      readonly polls: number;
      readonly source: CounterSource;
    }
  | { readonly kind: 'continue' | 'promote' };

/** One sentence without a full stop, under 500 characters. */
export function explain(finding: Finding, numbers: VerdictNumbers): string {
  const evidence = `evidence ${level(numbers)}${breakdown(numbers)}`;
  const facts = factsOf(numbers);
  switch (finding.kind) {
    case 'continue':
      return `${facts}; ${evidence}${promotion(numbers)}`;
    case 'promote':
      return `${facts}; ${evidence}${promotion(numbers)}: good enough`;
    case 'noData':
      return `${ignorance(finding)}; ${evidence}: held`;
    case 'hold':
    case 'rollback':
      return `${cause(finding, facts, evidence)}: ${OUTCOME[finding.kind]}`;
    default:
      return assertNever(finding);
  }
}

/** A signal with less evidence than this has nothing to tell. */
const TELLING = 2;
/** So many signals are told one by one. */
const SIGNALS_TOLD = 3;

/** The errors of both, and what the other signals that tell against the canary have seen. */
function factsOf(numbers: VerdictNumbers): string {
  const { canary, signals, stable } = numbers;
  const errors = `${failures('canary', canary)}, ${share('stable', stable)}${difference(numbers)}`;
  const isRead = signals.length === 0 || signals.some(({ signal }) => signal === 'errors');
  const others = signals.flatMap(({ signal, evidence }) => {
    // Where only the gateway counts, what it counted is told in any case.
    const isTold = evidence >= TELLING || (signal === 'gateway' && !isRead);
    return isTold && isBuiltIn(signal) ? DETAILS[signal](numbers) : [];
  });
  const told = [...(isRead ? [errors] : []), ...others];
  return told.length > 0 ? told.join('; ') : quiet(numbers);
}

type Detail = (numbers: VerdictNumbers) => readonly string[];

const DETAILS: Readonly<Record<BuiltInSignal, Detail>> = {
  errors: () => [],
  gateway: ({ gateway }) =>
    gateway
      ? [`at the gateway ${failures('canary', gateway.canary)}, ${share('stable', gateway.stable)}`]
      : [],
  latency: ({ slowness }) =>
    slowness
      ? [
          `${percentText(slowness.canary)} of canary requests took over ` +
            `${secondsText(slowness.boundSeconds)}, ${percentText(slowness.stable)} of stable's`,
        ]
      : [],
  restarts: ({ restarts }) => incidents('crashed', restarts),
  readiness: ({ readiness }) => incidents('lost readiness', readiness),
};

function isBuiltIn(signal: SignalEvidence['signal']): signal is BuiltInSignal {
  return Object.hasOwn(DETAILS, signal);
}

function incidents(what: string, seen: VerdictNumbers['restarts']): readonly string[] {
  if (seen === undefined) return [];
  const times = `${countText(seen.canary)} ${seen.canary === 1 ? 'time' : 'times'}`;
  const watched = `${countText(seen.canaryPodSeconds)} pod-seconds`;
  return [`canary pods ${what} ${times} in ${watched}, stable pods ${countText(seen.stable)}`];
}

function quiet({ readiness, restarts }: VerdictNumbers): string {
  const told = [...incidents('crashed', restarts), ...incidents('lost readiness', readiness)];
  return told.length > 0 ? told.join('; ') : 'nothing is counted';
}

function difference({ errorRateDifference: found }: VerdictNumbers): string {
  return found === undefined ? '' : `, difference ${intervalText(found)}`;
}

function level(numbers: { readonly evidence: number; readonly threshold: number }): string {
  return `${evidenceText(numbers.evidence)} of ${countText(numbers.threshold)}`;
}

/** Which signal it was, where there are several. */
function breakdown({ signals }: VerdictNumbers): string {
  const telling = signals
    .filter(({ evidence }) => evidence >= TELLING)
    .toSorted((a, b) => b.weight * b.evidence - a.weight * a.evidence)
    .slice(0, SIGNALS_TOLD);
  if (signals.length < 2 || telling.length === 0) return '';
  const each = telling.map(({ signal, evidence }) => `${signal} ${evidenceText(evidence)}`);
  return ` (${each.join(', ')})`;
}

function promotion({ promotion: shown }: VerdictNumbers): string {
  return shown === undefined ? '' : `, for promotion ${level(shown)}`;
}

const OUTCOME = { rollback: 'rolled back', hold: 'held' } as const;

function cause(
  finding: Extract<Finding, { kind: 'rollback' | 'hold' }>,
  facts: string,
  evidence: string,
): string {
  switch (finding.reason) {
    case 'EvidenceOfHarm':
      return `${facts}; ${evidence}`;
    case 'CandidateSilent':
      return (
        (finding.source === 'pods'
          ? 'canary answered no request'
          : 'the gateway counts no request of the canary') +
        ` where its share of the traffic predicts ${countText(finding.expectedRequests)}`
      );
    case 'SharedOutage':
      return `${facts}; ${evidence}; stable itself is failing too often to compare with`;
    case 'StableWorse':
      return `${facts}; ${evidence}; stable is failing and the canary does better`;
    default:
      return assertNever(finding);
  }
}

function ignorance(finding: Extract<Finding, { kind: 'noData' }>): string {
  return finding.source === 'pods' ? podsIgnorance(finding) : gatewayIgnorance(finding);
}

type Ignorance = Pick<Extract<Finding, { kind: 'noData' }>, 'reason' | 'arm' | 'polls'>;

function podsIgnorance({ reason, arm, polls }: Ignorance): string {
  switch (reason) {
    case 'ScrapeFailed':
      return `no ${arm} pod's metrics could be read for ${countText(polls)} polls`;
    case 'MetricsNotRecognized':
      return `no ${arm} pod shows a request counter that is recognised`;
    case 'NoPods':
      return `there is no ${arm} pod to compare`;
    case 'NoTraffic':
      return `no request reached the canary for ${countText(polls)} polls`;
    default:
      return assertNever(reason);
  }
}

function gatewayIgnorance({ reason, polls }: Ignorance): string {
  switch (reason) {
    case 'ScrapeFailed':
      return `no proxy of the gateway could be read for ${countText(polls)} polls`;
    case 'MetricsNotRecognized':
      return 'the gateway counts nothing per backend';
    case 'NoPods':
      return 'no proxy of the gateway was found';
    case 'NoTraffic':
      return `the gateway sent the canary no request for ${countText(polls)} polls`;
    default:
      return assertNever(reason);
  }
}

function failures(arm: Arm, { requests, errors }: ArmCounts): string {
  if (requests <= 0) return `${arm} answered no request`;
  const rate = percentText(errors / requests);
  return `${arm} ${countText(errors)} of ${countText(requests)} requests failed (${rate})`;
}

/** The same for the second arm of a sentence, which need not repeat the words. */
function share(arm: Arm, { requests, errors }: ArmCounts): string {
  if (requests <= 0) return `${arm} answered no request`;
  const rate = percentText(errors / requests);
  return `${arm} ${countText(errors)} of ${countText(requests)} (${rate})`;
}
