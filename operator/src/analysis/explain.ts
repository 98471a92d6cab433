// The one sentence of a verdict, the same in status, event, log and on the command line.
import { assertNever } from '../lib/assert.ts';
import { countText, evidenceText, percentText } from './number-text.ts';
import type { Arm, NoDataReason } from './sample.ts';
import type { ArmCounts, HoldReason, RollbackReason, VerdictNumbers } from './verdict.ts';

/** What was found, before it is told. */
export type Finding =
  | { readonly kind: 'rollback'; readonly reason: Exclude<RollbackReason, 'CandidateSilent'> }
  | { readonly kind: 'hold'; readonly reason: Exclude<HoldReason, 'CandidateSilent'> }
  | {
      readonly kind: 'rollback' | 'hold';
      readonly reason: 'CandidateSilent';
      readonly expectedRequests: number;
    }
  | {
      readonly kind: 'noData';
      readonly reason: NoDataReason;
      readonly arm: Arm;
      readonly polls: number;
    }
  | { readonly kind: 'continue' | 'promote' };

/** One sentence without a full stop, under 300 characters. */
export function explain(finding: Finding, numbers: VerdictNumbers): string {
  const evidence = `evidence ${level(numbers)}${breakdown(numbers)}`;
  const counts = `${failures('canary', numbers.canary)}, ${share('stable', numbers.stable)}`;
  switch (finding.kind) {
    case 'continue':
      return `${counts}; ${evidence}${promotion(numbers)}`;
    case 'promote':
      return `${counts}; ${evidence}${promotion(numbers)}: good enough`;
    case 'noData':
      return `${ignorance(finding)}; ${evidence}: held`;
    case 'hold':
    case 'rollback':
      return `${cause(finding, counts, evidence)}: ${OUTCOME[finding.kind]}`;
    default:
      return assertNever(finding);
  }
}

function level(numbers: { readonly evidence: number; readonly threshold: number }): string {
  return `${evidenceText(numbers.evidence)} of ${countText(numbers.threshold)}`;
}

/** Which signal it was, where there are several. */
function breakdown({ signals }: VerdictNumbers): string {
  if (signals.length < 2) return '';
  const each = signals.map(({ signal, evidence }) => `${signal} ${evidenceText(evidence)}`);
  return ` (${each.join(', ')})`;
}

function promotion({ promotion: shown }: VerdictNumbers): string {
  return shown === undefined ? '' : `, for promotion ${level(shown)}`;
}

const OUTCOME = { rollback: 'rolled back', hold: 'held' } as const;

function cause(
  finding: Extract<Finding, { kind: 'rollback' | 'hold' }>,
  counts: string,
  evidence: string,
): string {
  switch (finding.reason) {
    case 'EvidenceOfHarm':
      return `${counts}; ${evidence}`;
    case 'CandidateSilent':
      return (
        'canary answered no request where its share of the traffic predicts ' +
        `${countText(finding.expectedRequests)}`
      );
    case 'SharedOutage':
      return `${counts}; ${evidence}; stable itself is failing too often to compare with`;
    default:
      return assertNever(finding);
  }
}

function ignorance(finding: Extract<Finding, { kind: 'noData' }>): string {
  const { reason, arm, polls } = finding;
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
