// What a release would do under traffic of a given kind: the real judge and the real list of steps,
// poll by poll, without a cluster. Pods are taken to be there when a weight asks for them, and people
// to promote at once; both take longer in life.
import { analyse, initialAnalysis, type AnalysisState } from '../analysis/analyse.ts';
import { paceOf } from '../analysis/pace.ts';
import type { AnalysisParams } from '../analysis/params.ts';
import type { Poll } from '../analysis/sample.ts';
import type { Verdict } from '../analysis/verdict.ts';
import type { AppReleaseSpec } from '../api/app-release.ts';
import type { SeededRandom } from '../lib/seeded-random.ts';
import { nextIndex, planAt, stepsOf, weightAt } from './steps.ts';

/** Both versions' traffic and faults. Rates 0..1 are shares of requests. */
export interface SimulatedTraffic {
  readonly requestsPerSecond: number;
  readonly stableErrors: number;
  readonly candidateErrors: number;
}

export interface SimulatedRelease {
  readonly outcome: 'promoted' | 'rolledBack' | 'held';
  /** From the first step to the end, or to the hold. */
  readonly seconds: number;
  /** From the first weight above 0 to the end; undefined where there was none. */
  readonly exposedSeconds: number | undefined;
  readonly badResponses: number;
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
  readonly traffic: SimulatedTraffic;
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
    if (run.verdict?.kind === 'rollback') return endOf(run, 'rolledBack', everySeconds);
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
  readonly counts: { readonly canary: Counts; readonly stable: Counts };
  readonly logEvidence: readonly number[];
  readonly isHeld: boolean;
}

interface Counts {
  readonly requests: number;
  readonly errors: number;
}

const NOTHING: Counts = { requests: 0, errors: 0 };

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
  const requests = traffic.requestsPerSecond * everySeconds;
  const toCanary = (requests * weight) / 100;
  const canary = plus(run.counts.canary, drawn(random, toCanary, traffic.candidateErrors));
  const stable = plus(run.counts.stable, drawn(random, requests - toCanary, traffic.stableErrors));
  const { state, verdict } = analyse(run.state, pollOf(weight, canary, stable), params);
  return {
    ...run,
    polls: run.polls + 1,
    inStep: run.inStep + everySeconds,
    state,
    verdict,
    counts: { canary, stable },
    logEvidence: [...run.logEvidence, Math.log(verdict.numbers.evidence)],
  };
}

function drawn(random: SeededRandom, mean: number, share: number): Counts {
  const errors = random.poisson(mean * share);
  return { requests: errors + random.poisson(mean * (1 - share)), errors };
}

function plus(a: Counts, b: Counts): Counts {
  return { requests: a.requests + b.requests, errors: a.errors + b.errors };
}

function pollOf(weight: number, canary: Counts, stable: Counts): Poll {
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
    weight: typeof weight === 'number' ? weight : 0,
    step: run.step,
    logEvidence: run.logEvidence,
  };
}
