// What the judge alone makes of such traffic: the same rules, polls and rates as on the node, without a
// cluster. Seconds are from the first failed response to the poll that takes the candidate back.
import { initialJudge, judge } from '../../../operator/src/analysis/judge.ts';
import type { AnalysisParams } from '../../../operator/src/analysis/params.ts';
import {
  type SeededRandom,
  seededRandom,
} from '../../../operator/src/lib/seeded-random.ts';
import { median } from './table.ts';

export interface Traffic {
  readonly ratePerSecond: number;
  readonly weightPercent: number;
  readonly everySeconds: number;
  /** Share of the candidate's requests that fail; stable fails none. */
  readonly errorShare: number;
}

export interface Prediction {
  readonly seconds: number;
  readonly badResponses: number;
}

const RUNS = 2000;
const POLLS_MAX = 2000;

/** Medians over many simulated releases; deterministic. */
export function predict(params: AnalysisParams, traffic: Traffic): Prediction {
  const runs = Array.from({ length: RUNS }, (_, seed) =>
    oneRelease(params, traffic, seededRandom(seed)),
  );
  return {
    seconds: median(runs.map(({ seconds }) => seconds)),
    badResponses: median(runs.map(({ badResponses }) => badResponses)),
  };
}

function oneRelease(params: AnalysisParams, traffic: Traffic, random: SeededRandom): Prediction {
  const { errorShare, everySeconds, ratePerSecond, weightPercent } = traffic;
  const requests = ratePerSecond * everySeconds;
  const toCanary = (requests * weightPercent) / 100;
  const pods = { listed: 1, read: 1 };
  let state = initialJudge(params);
  let firstBadAt: number | undefined;
  let badResponses = 0;
  for (let poll = 1; poll <= POLLS_MAX; poll += 1) {
    const errors = random.poisson(toCanary * errorShare);
    const answered = random.poisson(toCanary * (1 - errorShare));
    // The first of k arrivals that are spread evenly over the poll.
    if (errors > 0) firstBadAt ??= (poll - 1 + 1 - random.uniform() ** (1 / errors)) * everySeconds;
    badResponses += errors;
    const outcome = {
      kind: 'delta' as const,
      canaryWeightPercent: weightPercent,
      canary: { requests: errors + answered, errors, pods },
      stable: { requests: random.poisson(requests - toCanary), errors: 0, pods },
    };
    const judged = judge(state, outcome, params);
    state = judged.state;
    if (judged.verdict.kind === 'rollback') {
      return { seconds: poll * everySeconds - (firstBadAt ?? 0), badResponses };
    }
  }
  return { seconds: Number.POSITIVE_INFINITY, badResponses };
}
