// The evidence journal: what is written down of each poll, so that any verdict can be reproduced from
// the log alone. A line begins a release (or goes on with it after a restart of the operator); each
// further line is one poll. Numbers survive JSON bit for bit, so a replay gives the very same verdict.
import { z } from 'zod';
import type { PollOutcomes } from './analyse.ts';
import type { JudgeState } from './judge.ts';
import type { AnalysisParams } from './params.ts';
import { judgeState, latencyCounters, pairCounters } from './restore.ts';
import type { Verdict } from './verdict.ts';

/** Raised when an old line cannot be replayed by the rules of this version. */
export const EVIDENCE_VERSION = 1 as const;

/** `key` of the AppRelease is `namespace/name`. */
export type EvidenceLine = {
  readonly kind: 'evidence';
  readonly version: 1;
  readonly release: string;
  readonly revision: number;
  /** Counts from 1 since the line that began; that line is 0. */
  readonly poll: number;
} & (
  | { readonly begin: { readonly params: AnalysisParams; readonly state: JudgeState } }
  | { readonly outcomes: PollOutcomes; readonly verdict: VerdictMark }
);

/** What a replay has to come to. */
export type VerdictMark = {
  readonly kind: Verdict['kind'];
  readonly reason?: string;
  readonly evidence: number;
};

export function markOf(verdict: Verdict): VerdictMark {
  return {
    kind: verdict.kind,
    ...('reason' in verdict ? { reason: verdict.reason } : {}),
    evidence: verdict.numbers.evidence,
  };
}

const count = z.number().min(0);
const share = z.number().min(0);
const delta = z.object({
  requests: count,
  errors: count,
  latency: latencyCounters.exactOptional(),
  pairs: z.record(z.string().max(64), pairCounters).exactOptional(),
  pods: z.object({ listed: count, read: count }),
});
const outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('delta'), canaryWeightPercent: share, canary: delta, stable: delta }),
  z.object({ kind: z.literal('unread') }),
  z.object({ kind: z.literal('carried'), polls: count }),
  z.object({
    kind: z.literal('noData'),
    reason: z.enum(['ScrapeFailed', 'MetricsNotRecognized', 'NoPods']),
    arm: z.enum(['stable', 'canary']),
    polls: count,
    stable: z.object({ requests: count, errors: count }).exactOptional(),
  }),
]);
const incidents = z.object({
  elapsedSeconds: z.number(),
  canary: z.object({ pods: count, incidents: count }),
  stable: z.object({ pods: count, incidents: count }),
});
const rule = z.object({ ratio: share, margin: share });
const method = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('counts'), dispersion: z.number().min(1) }),
  z.object({ kind: z.literal('betting'), blockPolls: z.number().min(1) }),
]);
const tolerance = z.object({ toleratedPerPodHour: share });

const params = z.object({
  falseRollbackRate: z.number().gt(0).max(1),
  plannedPolls: z.number().min(1),
  maxCarriedPolls: count,
  quietPolls: count,
  maxPods: count,
  pods: z.enum(['scraped', 'unread']),
  errors: rule.extend({ method }),
  silence: z.object({ expectedRequests: count, verdict: z.enum(['rollback', 'hold']) }),
  stableErrorCeiling: share,
  latency: z.object({ dispersion: z.number().min(1) }).exactOptional(),
  restarts: tolerance.exactOptional(),
  readiness: tolerance.exactOptional(),
  pairs: z.array(rule.extend({ name: z.string().max(64) })).max(16),
  gateway: z.enum(['judged', 'absent']),
  promotion: rule.extend({ falsePromotionRate: z.number().gt(0).max(1) }).exactOptional(),
  pace: z
    .object({
      exposure: count,
      lagPolls: count,
      maxWeight: share,
      errorsNeeded: z.array(z.object({ weight: share, errors: count })).max(100),
    })
    .exactOptional(),
});

const head = z.object({
  kind: z.literal('evidence'),
  version: z.literal(EVIDENCE_VERSION),
  release: z.string().max(400),
  revision: z.number().int(),
  poll: z.number().int().min(0),
});

const line = z.union([
  head.extend({ begin: z.object({ params, state: judgeState }) }),
  head.extend({
    outcomes: z.object({
      pods: outcome,
      gateway: outcome.exactOptional(),
      restarts: incidents.exactOptional(),
      readiness: incidents.exactOptional(),
    }),
    verdict: z.object({
      kind: z.enum(['rollback', 'hold', 'noData', 'continue', 'promote']),
      reason: z.string().max(63).exactOptional(),
      evidence: z.number(),
    }),
  }),
]);

/** The line that `value` holds; undefined where it is none that this version wrote. */
export function readEvidenceLine(value: unknown): EvidenceLine | undefined {
  return line.safeParse(value).data;
}
