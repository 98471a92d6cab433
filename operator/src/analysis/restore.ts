// The analysis state as it comes back from a release's status: checked once, trusted afterwards.
// What does not fit is not repaired: the caller starts afresh.
import { z } from 'zod';
import type { AnalysisState } from './analyse.ts';
import { initialEProcess } from './e-process.ts';
import { latencyStateFits } from './latency.ts';
import { MAX_BOUNDS, latencyIsValid } from './latency-counters.ts';
import { initialBetting } from './betting.ts';
import { initialIncidents } from './incidents.ts';
import { initialNonInferiority } from './non-inferiority.ts';

/** Names of the user's pairs of counters, and of pods and proxies. */
const NAME_MAX = 64;
const count = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const arm = z.object({ requests: count, errors: count });
/** A histogram, as JSON holds it. */
export const latencyCounters = z
  .object({ boundsSeconds: z.array(z.number()), cumulative: z.array(count), count })
  .refine(latencyIsValid);
export const pairCounters = z.object({ total: count, bad: count });
const counters = z.object({
  requests: count,
  errors: count,
  latency: latencyCounters.exactOptional(),
  pairs: z.record(z.string().max(NAME_MAX), pairCounters).exactOptional(),
});

const memory = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('read'), counters, probes: count }),
  z.object({ kind: z.literal('leftOut'), absentPolls: count }),
]);

/** As many alternatives as this version compares; another version's evidence cannot go on here. */
function mixtureOf(alternatives: number) {
  return z.object({ polls: count, logS: z.array(z.number()).length(alternatives) });
}

const latencyState = z
  .object({
    boundsSeconds: z.array(z.number()).max(MAX_BOUNDS),
    stableRequests: count,
    stableSlow: z.array(count),
    canaryRequests: count,
    canarySlow: z.array(count),
    mixture: z.object({ polls: count, logS: z.array(z.number()) }),
  })
  .refine(latencyStateFits);

const incidentState = z.object({
  mixture: mixtureOf(initialIncidents().mixture.logS.length),
  recent: z.object({ canary: z.number().min(0), stable: z.number().min(0) }),
  seen: z.object({ canary: count, stable: count, canaryPodSeconds: count }),
});

const betting = z.object({
  mixture: mixtureOf(initialBetting().mixture.logS.length),
  open: z.object({ polls: count, canary: arm, stable: arm }),
});

const rate = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('counts'), state: mixtureOf(initialEProcess().logS.length) }),
  z.object({ kind: z.literal('betting'), state: betting }),
]);

const promotion = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('counts'),
    logS: z.array(z.number()).length(initialNonInferiority().logS.length),
  }),
  z.object({ kind: z.literal('betting'), state: betting }),
]);

const ceiling = z.object({
  kind: z.enum(['below', 'above']),
  level: z.number().min(0),
  calmPolls: count,
});

const counterState = z.object({
  pods: z.record(z.string().max(NAME_MAX), memory),
  carriedPolls: count,
  emptyPolls: count,
  canaryWeightPercent: z.union([z.number().min(0).max(100), z.literal('mixed')]),
});

/** What the judge remembers, as JSON holds it. */
export const judgeState = z.object({
  signals: z.object({
    errors: rate,
    latency: latencyState.exactOptional(),
    restarts: incidentState.exactOptional(),
    readiness: incidentState.exactOptional(),
    gateway: rate.exactOptional(),
    pairs: z.record(z.string().max(NAME_MAX), rate).exactOptional(),
  }),
  promotion: promotion.exactOptional(),
  excess: z
    .object({ margins: z.array(promotion).max(16), requestsPerPoll: z.number().min(0) })
    .exactOptional(),
  rescue: mixtureOf(initialEProcess().logS.length),
  peakLogEvidence: z.number(),
  canary: arm,
  stable: arm,
  gateway: z.object({ canary: arm, stable: arm }).exactOptional(),
  stableUsual: z.object({ requests: z.number().positive(), errors: z.number().min(0) }),
  stableCeiling: ceiling,
  canaryCeiling: ceiling,
  silence: z.object({ expectedRequests: z.number().min(0) }),
  quietPolls: count,
});

const analysisState = z.object({
  counters: counterState,
  gatewayCounters: counterState.exactOptional(),
  judge: judgeState,
});

/** The state that `stored` holds, or undefined if it is not one this version wrote. */
export function restoreAnalysis(stored: unknown): AnalysisState | undefined {
  return analysisState.safeParse(stored).data;
}
