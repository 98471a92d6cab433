// What one verdict costs: bookkeeping, all signals and the sentence, for 20 pods.
import { analyse, initialAnalysis, judgeOutcomes } from '../../../operator/src/analysis/analyse.ts';
import { DEFAULT_PARAMS, type AnalysisParams } from '../../../operator/src/analysis/params.ts';
import type { ArmDelta, PodSample, PollDelta } from '../../../operator/src/analysis/sample.ts';
import { initialJudge, judge } from '../../../operator/src/analysis/judge.ts';
import type { Section, Size } from './report.ts';
import { BOUNDS, SHIPPED } from './rules/as-shipped.ts';

const STEPS = 20_000;
const BUDGET_MICROSECONDS = 20;
const PODS = 20;

export function verdictCost(_size: Size): Section {
  const rows = [
    { what: 'differences -> verdict with its sentence (errors)', cost: fastest(judgeOnly) },
    {
      what: 'the same with every signal of a release by default, 15 latency boundaries',
      cost: fastest(judgeShipped),
    },
    { what: `errors alone, from the counters of ${PODS} pods`, cost: fastest(wholeWay) },
  ];
  const dearest = Math.max(...rows.map(({ cost }) => cost));
  return {
    title: 'Cost of a verdict',
    text: 'Fastest of five rounds; the only figures here that depend on the machine.',
    tables: [
      {
        caption: 'Microseconds per poll',
        head: ['what', 'microseconds'],
        rows: rows.map(({ what, cost }) => [what, cost.toFixed(1)]),
      },
    ],
    bars: [
      {
        claim: `one verdict step takes at most ${BUDGET_MICROSECONDS} microseconds, each of these`,
        held: dearest <= BUDGET_MICROSECONDS,
        found: dearest.toFixed(1),
      },
    ],
  };
}

function fastest(round: (params: AnalysisParams) => void): number {
  const rounds = Array.from({ length: 5 }, () => {
    const startedAt = performance.now();
    round(DEFAULT_PARAMS);
    return ((performance.now() - startedAt) * 1000) / STEPS;
  });
  return Math.min(...rounds);
}

const PROMOTED: AnalysisParams = {
  ...SHIPPED,
  promotion: { ratio: 1, margin: 0.01, falsePromotionRate: 0.05 },
};

/* As a poll of a release with histograms is judged. */
function judgeShipped(): void {
  const arm = (requests: number, errors: number): ArmDelta => ({
    requests,
    errors,
    latency: {
      boundsSeconds: BOUNDS,
      cumulative: BOUNDS.map((_, index) => Math.round((requests * index) / BOUNDS.length)),
      count: requests,
    },
    pods: { listed: 1, read: 1 },
  });
  const quiet = { pods: 1, incidents: 0 };
  const incidents = { elapsedSeconds: 2, canary: quiet, stable: quiet };
  const pods: PollDelta = {
    kind: 'delta',
    canaryWeightPercent: 5,
    canary: arm(12, 0),
    stable: arm(238, 1),
  };
  const outcomes = { pods, restarts: incidents, readiness: incidents };
  let state = initialJudge(PROMOTED);
  for (let step = 0; step < STEPS; step += 1) state = judgeOutcomes(state, outcomes, PROMOTED).state;
}

function judgeOnly(params: AnalysisParams): void {
  const arm = (requests: number, errors: number): ArmDelta => ({
    requests,
    errors,
    pods: { listed: 1, read: 1 },
  });
  const delta: PollDelta = {
    kind: 'delta',
    canaryWeightPercent: 5,
    canary: arm(12, 0),
    stable: arm(238, 1),
  };
  let state = initialJudge(params);
  for (let step = 0; step < STEPS; step += 1) state = judge(state, delta, params).state;
}

function wholeWay(params: AnalysisParams): void {
  let state = initialAnalysis(params);
  for (let step = 0; step < STEPS; step += 1) {
    const samples = Array.from({ length: PODS }, (_, pod): PodSample => ({
      kind: 'counted',
      podUid: `pod-${pod}`,
      arm: pod === 0 ? 'canary' : 'stable',
      startedAfterRelease: pod === 0,
      counters: { requests: 12 * step, errors: 0 },
    }));
    state = analyse(state, { canaryWeightPercent: 5, samples }, params).state;
  }
}
