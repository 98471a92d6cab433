// The analysis state as it comes back from a release's status: checked once, trusted afterwards.
// What does not fit is not repaired: the caller starts afresh.
import { z } from 'zod';
import type { AnalysisState } from './analyse.ts';
import { initialEProcess } from './e-process.ts';
import { latencyStateFits } from './latency.ts';
import { MAX_BOUNDS, latencyIsValid } from './latency-counters.ts';
import { initialNonInferiority } from './non-inferiority.ts';
import { initialRestarts } from './restarts.ts';

const count = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const arm = z.object({ requests: count, errors: count });
const latency = z
  .object({ boundsSeconds: z.array(z.number()), cumulative: z.array(count), count })
  .refine(latencyIsValid);
const counters = z.object({ requests: count, errors: count, latency: latency.exactOptional() });

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
    mixture: z.object({ polls: count, logS: z.array(z.number()) }),
  })
  .refine(latencyStateFits);

const restartState = z.object({
  mixture: mixtureOf(initialRestarts().mixture.logS.length),
  recent: z.object({ canary: z.number().min(0), stable: z.number().min(0) }),
});

const ceiling = z.object({
  kind: z.enum(['below', 'above']),
  level: z.number().min(0),
  calmPolls: count,
});

const analysisState = z.object({
  counters: z.object({
    pods: z.record(z.string().max(64), memory),
    carriedPolls: count,
    emptyPolls: count,
    canaryWeightPercent: z.union([z.number().min(0).max(100), z.literal('mixed')]),
  }),
  judge: z.object({
    signals: z.object({
      errors: mixtureOf(initialEProcess().logS.length),
      latency: latencyState.exactOptional(),
      restarts: restartState.exactOptional(),
    }),
    promotion: z
      .object({ logS: z.array(z.number()).length(initialNonInferiority().logS.length) })
      .exactOptional(),
    peakLogEvidence: z.number(),
    canary: arm,
    stable: arm,
    stableUsual: z.object({ requests: z.number().positive(), errors: z.number().min(0) }),
    stableCeiling: ceiling,
    canaryCeiling: ceiling,
    silence: z.object({ expectedRequests: z.number().min(0) }),
    quietPolls: count,
  }),
});

/** The state that `stored` holds, or undefined if it is not one this version wrote. */
export function restoreAnalysis(stored: unknown): AnalysisState | undefined {
  return analysisState.safeParse(stored).data;
}
