// The judge of the product with every signal that a release has by default: errors, latency at 15
// boundaries, restarts and losses of readiness, merged into one verdict.
import { judgeOutcomes } from '../../../../operator/src/analysis/analyse.ts';
import { initialJudge } from '../../../../operator/src/analysis/judge.ts';
import { type AnalysisParams, DEFAULT_PARAMS } from '../../../../operator/src/analysis/params.ts';
import type { ArmDelta, PollOutcome } from '../../../../operator/src/analysis/sample.ts';
import type { ArmCounts } from '../../../../operator/src/analysis/verdict.ts';
import { type SeededRandom, seededRandom } from '../../../../operator/src/lib/seeded-random.ts';
import { POLL_SECONDS, WEIGHT } from '../stream.ts';
import type { Rule } from './rule.ts';

/** Upper bounds of the buckets of latency, in seconds. */
export const BOUNDS = [2.5, 4, 6, 10, 15, 25, 40, 60, 100, 150, 250, 500, 1000, 2500, 5000].map(
  (ms) => ms / 1000,
);

/** Latency of both arms: log-normal about 20 ms, as a service with a database answers. */
const MEDIAN_SECONDS = 0.02;
const SPREAD = 0.8;

/** A seed apart from those of the traffic. */
const LATENCY_SEED = 77_000_000;

/** Of a pod and hour; the default of `tolerated`. */
const TOLERANCE = { toleratedPerPodHour: 0.5 };

/** All signals of a release with a metrics port; the dispersion of errors as in the other rows. */
export const SHIPPED: AnalysisParams = {
  ...DEFAULT_PARAMS,
  errors: { ...DEFAULT_PARAMS.errors, method: { kind: 'counts', dispersion: 1 } },
  latency: { dispersion: 1 },
  restarts: TOLERANCE,
  readiness: TOLERANCE,
};

/** The judge as the operator runs it. `everyNth`: it costs ten times what the errors alone cost. */
export const asShipped: Rule = {
  name: 'Slipway as shipped: errors, latency, restarts and readiness as one',
  everyNth: 10,
  start: (run) => {
    const random = seededRandom(LATENCY_SEED + run);
    let state = initialJudge(SHIPPED);
    return ({ canary, stable }) => {
      const outcomes = outcomesOf(armOf(random, canary), armOf(random, stable));
      const judged = judgeOutcomes(state, outcomes, SHIPPED);
      state = judged.state;
      return judged.verdict.kind === 'rollback' ? 'rollback' : 'goOn';
    };
  },
};

function outcomesOf(canary: ArmDelta, stable: ArmDelta): Parameters<typeof judgeOutcomes>[1] {
  const calm = { pods: 1, incidents: 0 };
  const incidents = { elapsedSeconds: POLL_SECONDS, canary: calm, stable: calm };
  const pods: PollOutcome = { kind: 'delta', canaryWeightPercent: 100 * WEIGHT, canary, stable };
  return { pods, restarts: incidents, readiness: incidents };
}

function armOf(random: SeededRandom, counts: ArmCounts): ArmDelta {
  const cumulative = BOUNDS.map(() => 0);
  for (let request = 0; request < counts.requests; request += 1) {
    const seconds = MEDIAN_SECONDS * Math.exp(SPREAD * random.normal());
    for (let index = BOUNDS.length - 1; index >= 0 && seconds <= (BOUNDS[index] ?? 0); index -= 1) {
      cumulative[index] = (cumulative[index] ?? 0) + 1;
    }
  }
  return {
    ...counts,
    latency: { boundsSeconds: BOUNDS, cumulative, count: counts.requests },
    pods: { listed: 1, read: 1 },
  };
}
