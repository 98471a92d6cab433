// What a release would do under traffic of a given kind: the real judge and the real list of steps,
// poll by poll, without a cluster. Pods are taken to be there when a weight asks for them, and people
// to promote at once; both take longer in life.
import { analyse, initialAnalysis, type AnalysisState } from '../analysis/analyse.ts';
import { paceOf } from '../analysis/pace.ts';
import type { AnalysisParams } from '../analysis/params.ts';
import type { Counters, Poll } from '../analysis/sample.ts';
import type { Verdict } from '../analysis/verdict.ts';
import type { AppReleaseSpec } from '../api/app-release.ts';
import type { SeededRandom } from '../lib/seeded-random.ts';
import { isFlapping } from './failures.ts';
import { countsIn, type SimulatedLatency, sumOfCounters, withLatency } from './simulated-counters.ts';
import { nextIndex, planAt, stepsOf, weightAt } from './steps.ts';

/** Both versions' traffic and faults. Rates 0..1 are shares of requests. */
export interface SimulatedTraffic {
  readonly requestsPerSecond: number;
  readonly stableErrors: number;
  readonly candidateErrors: number;
  /** Left out: latency is not drawn, and not judged. */
  readonly latency?: SimulatedLatency;
  /** The candidate's pod crashes so often, seconds after it got traffic. Left out: never. */
  readonly crashEverySeconds?: number;
}

/** Traffic that changes: asked at each poll with the seconds since the candidate got traffic. */
export type TrafficAt = (exposedSeconds: number) => SimulatedTraffic;

export interface SimulatedRelease {
  readonly outcome: 'promoted' | 'rolledBack' | 'held';
  /** From the first step to the end, or to the hold. */
  readonly seconds: number;
  /** From the first weight above 0 to the end; undefined where there was none. */
  readonly exposedSeconds: number | undefined;
  readonly badResponses: number;
  /** Failed responses of both versions. */
  readonly failed: number;
  /** From the first failed response of the candidate to the end. */
  readonly secondsFromFirstBad?: number;
  /** The weight in effect at the end, percent. */
  readonly weight: number;
  /** Index of the step at the end; the number of steps once all were passed. */
  readonly step: number;
  /** ln of the evidence after each poll. */
  readonly logEvidence: readonly number[];
}

export interface Simulation {
  readonly spec: AppReleaseSpec;
  readonly params: AnalysisParams;
  readonly traffic: SimulatedTraffic | TrafficAt;
}

/** A release that takes longer than this has shown what it does. */
const POLLS_MAX = 20_000;
const DEFAULT_EVERY_SECONDS = 2;
const DEFAULT_SETTLE_SECONDS = 3;

export function everySecondsOf({ checks }: AppReleaseSpec): number {
  return checks?.scrape?.everySeconds ?? DEFAULT_EVERY_SECONDS;
}

/** One release with one stream of random numbers. */
export function simulateRelease(
  { params, spec, traffic }: Simulation,
  random: SeededRandom,
): SimulatedRelease {
  const everySeconds = everySecondsOf(spec);
  let run = started(spec, params);
  for (let poll = 1; poll <= POLLS_MAX; poll += 1) {
    run = polled(run, { spec, params, traffic, random });
    if (run.verdict?.kind === 'rollback' || isCrashing(run, { spec, traffic }))
      return endOf(run, 'rolledBack', everySeconds);
    run = advanced(run, { spec, params });
    if (run.step >= stepsOf(spec).length) return endOf(run, 'promoted', everySeconds);
    if (run.isHeld) return endOf(run, 'held', everySeconds);
  }
  return endOf(run, 'held', everySeconds);
}

interface Run {
  readonly polls: number;
  readonly step: number;
  /** Seconds since the step began; a weight's settle time counts as its own. */
  readonly inStep: number;
  readonly requestsBefore: number;
  readonly exposedAt: number | undefined;
  readonly state: AnalysisState;
  readonly verdict: Verdict | undefined;
  readonly counts: { readonly canary: Counters; readonly stable: Counters };
  /** Seconds from the first step. */
  readonly firstBadAt?: number;
  readonly logEvidence: readonly number[];
  readonly isHeld: boolean;
}

const NOTHING: Counters = { requests: 0, errors: 0 };

function started(spec: AppReleaseSpec, params: AnalysisParams): Run {
  return {
    polls: 0,
    step: 0,
    inStep: 0,
    requestsBefore: 0,
    exposedAt: weightAt(spec, 0) > 0 ? 0 : undefined,
    state: initialAnalysis(params),
    verdict: undefined,
    counts: { canary: NOTHING, stable: NOTHING },
    logEvidence: [],
    isHeld: false,
  };
}

interface Drawing extends Simulation {
  readonly random: SeededRandom;
}

function polled(run: Run, { params, random, spec, traffic }: Drawing): Run {
  const everySeconds = everySecondsOf(spec);
  const weight = weightAt(spec, run.step);
  const now = trafficNow(run, { spec, traffic });
  const { latency, requestsPerSecond } = now;
  const requests = requestsPerSecond * everySeconds;
  const toCanary = (requests * weight) / 100;
  const ofCanary = countsIn(random, { mean: toCanary, errorShare: now.candidateErrors });
  const ofStable = countsIn(random, { mean: requests - toCanary, errorShare: now.stableErrors });
  const timed = (counts: Counters, slowerSeconds: number): Counters =>
    latency ? withLatency(random, counts, { ...latency, slowerSeconds }) : counts;
  const canary = sumOfCounters(run.counts.canary, timed(ofCanary, latency?.candidateSlowerSeconds ?? 0));
  const stable = sumOfCounters(run.counts.stable, timed(ofStable, 0));
  // The first of k that are spread evenly over the poll.
  const firstBad = (run.polls + 1 / (ofCanary.errors + 1)) * everySeconds;
  const { state, verdict } = analyse(run.state, pollOf(weight, canary, stable), params);
  return {
    ...run,
    polls: run.polls + 1,
    // While stable fails no time runs; see outage.ts.
    inStep: run.inStep + (verdict.stableHealth === 'failing' ? 0 : everySeconds),
    ...(run.firstBadAt === undefined && ofCanary.errors > 0 ? { firstBadAt: firstBad } : {}),
    state,
    verdict,
    counts: { canary, stable },
    logEvidence: [...run.logEvidence, Math.log(verdict.numbers.evidence)],
  };
}

type World = Pick<Simulation, 'spec' | 'traffic'>;

function trafficNow(run: Run, { spec, traffic }: World): SimulatedTraffic {
  return typeof traffic === 'function' ? traffic(exposedSeconds(run, spec) ?? 0) : traffic;
}

function exposedSeconds({ exposedAt, polls }: Run, spec: AppReleaseSpec): number | undefined {
  return exposedAt === undefined ? undefined : polls * everySecondsOf(spec) - exposedAt;
}

/* Each crash is a restart and a loss of readiness. */
function isCrashing(run: Run, { spec, traffic }: World): boolean {
  const { crashEverySeconds = Number.POSITIVE_INFINITY } = trafficNow(run, { spec, traffic });
  const crashes = Math.floor((exposedSeconds(run, spec) ?? 0) / crashEverySeconds);
  return isFlapping([2 * crashes]);
}

function pollOf(weight: number, canary: Counters, stable: Counters): Poll {
  const pod = { kind: 'counted', startedAfterRelease: true } as const;
  return {
    canaryWeightPercent: weight,
    samples: [
      { ...pod, podUid: 'canary', arm: 'canary', counters: canary },
      { ...pod, podUid: 'stable', arm: 'stable', counters: stable },
    ],
  };
}

/* As far as the poll lets it: several steps may pass at once. */
function advanced(from: Run, { params, spec }: Pick<Simulation, 'spec' | 'params'>): Run {
  let run = from;
  while (run.step < stepsOf(spec).length) {
    const passed = stepOutcome(run, spec, params);
    if (passed === 'waits') return run;
    if (passed === 'held') return { ...run, isHeld: true };
    const step = nextIndex(spec, run.step, allowedWeight(run, params));
    const seconds = run.polls * everySecondsOf(spec);
    run = {
      ...run,
      step,
      inStep: 0,
      requestsBefore: run.counts.canary.requests,
      exposedAt: run.exposedAt ?? (weightAt(spec, step) > 0 ? seconds : undefined),
    };
  }
  return run;
}

/* The rules of canary.ts on what a simulation knows. */
function stepOutcome(run: Run, spec: AppReleaseSpec, params: AnalysisParams): 'passed' | 'waits' | 'held' {
  const plan = planAt(spec, run.step);
  switch (plan.kind) {
    case 'weight':
      return run.inStep >= (spec.traffic?.settleSeconds ?? DEFAULT_SETTLE_SECONDS) ? 'passed' : 'waits';
    case 'pause':
      return plan.seconds === undefined || run.inStep >= plan.seconds ? 'passed' : 'waits';
    case 'finish':
      return 'passed';
    case 'verify': {
      const { deadlineSeconds, onDeadline, requests, seconds, until } = plan.verify;
      const kind = run.verdict?.kind;
      const counted = run.counts.canary.requests - run.requestsBefore;
      const isShown = kind === 'promote' || (until === 'time' && kind === 'continue');
      const isUnread = params.pods === 'unread' && kind === 'continue';
      const isEnough = isUnread || (isShown && counted >= requests) || isPaced(run, spec, params);
      if (run.inStep >= seconds && isEnough) return 'passed';
      if (run.inStep < Math.max(seconds, deadlineSeconds)) return 'waits';
      return onDeadline === 'promote' ? 'passed' : 'held';
    }
  }
}

function isPaced(run: Run, spec: AppReleaseSpec, params: AnalysisParams): boolean {
  const next = stepsOf(spec)[run.step + 1]?.weight;
  const isCalm = run.verdict?.kind === 'continue' || run.verdict?.kind === 'promote';
  return params.pace !== undefined && next !== undefined && isCalm && allowedWeight(run, params) >= next;
}

function allowedWeight({ state: { judge } }: Run, params: AnalysisParams): number {
  const { pace } = params;
  if (pace === undefined || judge.excess === undefined) return 0;
  return paceOf(judge.excess, judge, { ...params, pace }).allowedWeight;
}

function endOf(run: Run, outcome: SimulatedRelease['outcome'], everySeconds: number): SimulatedRelease {
  const seconds = run.polls * everySeconds;
  const weight = run.state.counters.canaryWeightPercent;
  return {
    outcome,
    seconds,
    exposedSeconds: run.exposedAt === undefined ? undefined : seconds - run.exposedAt,
    badResponses: run.counts.canary.errors,
    failed: run.counts.canary.errors + run.counts.stable.errors,
    ...(run.firstBadAt === undefined ? {} : { secondsFromFirstBad: seconds - run.firstBadAt }),
    weight: typeof weight === 'number' ? weight : 0,
    step: run.step,
    logEvidence: run.logEvidence,
  };
}
