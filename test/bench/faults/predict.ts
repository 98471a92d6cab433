// What the judge and the steps alone make of each fault: the same rules, polls and rates as on the node,
// without a cluster. The world of each case is said here; see the page for what it leaves out.
import { DEMO_RELEASE } from '../../../charts-ts/src/environments/demo.ts';
import { UNKNOWN, paramsOf } from '../../../operator/src/analysis/params-of-spec.ts';
import type { AppReleaseSpec } from '../../../operator/src/api/app-release.ts';
import { parseSpec } from '../../../operator/src/api/parse.ts';
import { seededRandom } from '../../../operator/src/lib/seeded-random.ts';
import {
  simulateRelease,
  type SimulatedTraffic,
  type TrafficAt,
} from '../../../operator/src/rollout/simulate.ts';
import { FAULT_CASES, NEVER_ENOUGH_IN_5_S, OUTAGE_MS } from '../../e2e/support/fault-cases.ts';
import { RATE_PER_SECOND } from '../../e2e/support/open-stage.ts';
import { median } from './median.ts';

export type FaultName = keyof typeof FAULT_CASES;

/** Medians over many simulated releases; deterministic. */
export interface Prediction {
  readonly outcome: 'Promoted' | 'RolledBack' | 'Held';
  readonly exposedSeconds: number;
  /** From the first failed response of the candidate to its end; undefined where none failed. */
  readonly seconds?: number;
  readonly badResponses: number;
}

/** What users of the ledger saw of its pace before the fault, in ms. */
export interface Pace {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const RUNS = 1000;
const CALM: SimulatedTraffic = {
  requestsPerSecond: RATE_PER_SECOND,
  stableErrors: 0,
  candidateErrors: 0,
};
/** The buckets of the ledger's histogram, in seconds. */
const BOUNDS = [
  0.0025, 0.004, 0.006, 0.01, 0.015, 0.025, 0.04, 0.06, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5,
];
/** ln(p99 / p50) of a log-normal is that many standard deviations. */
const Z99 = 2.326;
/** From the look that shows a verify step to the first request without a database. */
const OUTAGE_BEGINS_S = 2;
const OUTAGE_S = OUTAGE_MS / 1000;
/** Users wait 5 s for an answer and at most 100 requests wait: so few can fail in a second. */
const HUNG_PER_SECOND = 100 / 5;
const CRASH_EVERY_S = 60;
/** For so long after a crash the candidate's requests fail: until no endpoint leads to its pod. */
const CRASH_FAILS_S = 1;

export function predict(name: FaultName, pace: Pace): Prediction {
  const spec = specOf(name);
  const params = paramsOf(spec, { isBypassed: false, dispersion: UNKNOWN });
  const traffic = WORLDS[name](pace);
  const runs = Array.from({ length: RUNS }, (_, seed) =>
    simulateRelease({ spec, params, traffic }, seededRandom(seed)),
  );
  const fromFirst = runs.flatMap(({ secondsFromFirstBad }) => secondsFromFirstBad ?? []);
  const outcomes = runs.map(({ outcome }) => outcome);
  const most = (['promoted', 'rolledBack', 'held'] as const).toSorted(
    (a, b) => count(outcomes, b) - count(outcomes, a),
  )[0];
  return {
    outcome: most === 'promoted' ? 'Promoted' : most === 'rolledBack' ? 'RolledBack' : 'Held',
    exposedSeconds: median(runs.map((run) => run.exposedSeconds ?? 0)),
    ...(fromFirst.length > RUNS / 2 ? { seconds: median(fromFirst) } : {}),
    badResponses: median(runs.map(({ failed }) => failed)),
  };
}

type World = (pace: Pace) => SimulatedTraffic | TrafficAt;

const failing = (candidateErrors: number): World => () => ({ ...CALM, candidateErrors });

const WORLDS: Readonly<Record<FaultName, World>> = {
  allFail: failing(1),
  fifthFails: failing(0.2),
  twentiethFails: failing(0.05),
  doubledLatency: ({ p50Ms, p99Ms }) => ({
    ...CALM,
    latency: {
      boundsSeconds: BOUNDS,
      medianSeconds: p50Ms / 1000,
      spread: Math.log(p99Ms / p50Ms) / Z99,
      candidateSlowerSeconds: Number(FAULT_CASES.doubledLatency.env(p50Ms).FAULT_LATENCY_MS) / 1000,
    },
  }),
  crashEachMinute: () => (exposed) => ({
    ...CALM,
    crashEverySeconds: CRASH_EVERY_S,
    candidateErrors: exposed >= CRASH_EVERY_S && exposed % CRASH_EVERY_S < CRASH_FAILS_S ? 1 : 0,
  }),
  databaseOutage: () => (exposed) => {
    const isOut = exposed >= OUTAGE_BEGINS_S && exposed < OUTAGE_BEGINS_S + OUTAGE_S;
    return isOut
      ? { requestsPerSecond: HUNG_PER_SECOND, stableErrors: 1, candidateErrors: 1 }
      : CALM;
  },
  noTraffic: () => (exposed) => {
    const isHeld = exposed >= NEVER_ENOUGH_IN_5_S.deadlineSeconds;
    return { ...CALM, requestsPerSecond: isHeld ? RATE_PER_SECOND : 0 };
  },
};

/* On the node a release that was held for want of traffic goes on by itself once there is enough. A
   simulation ends with the hold: so its deadline is out of sight, and users come back at the real one. */
function specOf(name: FaultName): AppReleaseSpec {
  const waiting = { ...NEVER_ENOUGH_IN_5_S, deadlineSeconds: 3600 };
  const steps = name === 'noTraffic' ? [{ weight: 5 }, { verify: waiting }] : FAULT_CASES[name].steps;
  const strategy = { canary: { ...DEMO_RELEASE.strategy.canary, steps } };
  const parsed = parseSpec({ ...DEMO_RELEASE, strategy });
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.violations));
  return parsed.value;
}

function count<T>(all: readonly T[], one: T): number {
  return all.filter((each) => each === one).length;
}
