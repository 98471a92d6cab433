// What the judge is told before a release begins, from what its author wrote.
import type { AppReleaseSpec } from '../api/app-release.ts';
import { fractionOf } from '../api/primitives.ts';
import { errorsNeeded } from './errors-needed.ts';
import { type AnalysisParams, DEFAULT_PARAMS, UNKNOWN_DISPERSION } from './params.ts';
import type { RateMethod } from './rate-signal.ts';

/** How much stable's errors and slow requests cluster: phi of each, at least 1. */
export type KnownDispersion = { readonly errors: number; readonly latency: number };

export const UNKNOWN: KnownDispersion = {
  errors: UNKNOWN_DISPERSION,
  latency: UNKNOWN_DISPERSION,
};

/** What the spec does not say and the judge has to know. */
export type Circumstances = {
  /** Clients inside the cluster reach the candidate past the router. */
  readonly isBypassed: boolean;
  readonly dispersion: KnownDispersion;
};

/** A crash, or a loss of readiness, in two hours of a pod is nobody's fault. */
const TOLERATED_PER_POD_HOUR = 0.5;
const MORE = 1.5;
/** A block of the strict method: longer than most episodes of errors. */
const STRICT_BLOCK_SECONDS = 60;
const DEFAULT_EVERY_SECONDS = 2;

export function paramsOf(spec: AppReleaseSpec, circumstances: Circumstances): AnalysisParams {
  const params = unpacedParams(spec, circumstances);
  return { ...params, ...paceParamsOf(spec, params) };
}

function unpacedParams(
  spec: AppReleaseSpec,
  { dispersion, isBypassed }: Circumstances,
): AnalysisParams {
  const { checks, traffic } = spec;
  const splitsRequests = traffic?.gateway !== undefined && !isBypassed;
  const judged = (signal: 'latency' | 'restarts' | 'readiness'): boolean =>
    !checks?.ignore.includes(signal);
  const tolerance = { toleratedPerPodHour: TOLERATED_PER_POD_HOUR };
  const { promotion } = checks ?? {};
  return {
    ...DEFAULT_PARAMS,
    falseRollbackRate:
      fractionOf(checks?.falseRollbackRate ?? '1%') || DEFAULT_PARAMS.falseRollbackRate,
    pods: checks?.scrape ? 'scraped' : 'unread',
    errors: { ...errorsOf(checks), method: methodOf(checks, dispersion.errors) },
    // A share of pods is no share of requests: a good pod can be left unasked by kept connections.
    // So can the candidate be whose rivals serve clients that go past the router. And where only the
    // gateway counts, it is the gateway that has sent the candidate nothing.
    silence: {
      ...DEFAULT_PARAMS.silence,
      verdict: splitsRequests && (checks?.scrape || !checks?.gateway) ? 'rollback' : 'hold',
    },
    gateway: checks?.gateway ? 'judged' : 'absent',
    pairs: (checks?.counters ?? []).map(({ margin, name, ratio }) => ({
      name,
      ratio,
      margin: fractionOf(margin),
    })),
    promotion: {
      ratio: 1,
      margin: fractionOf(promotion?.margin ?? '1%') || LEAST_MARGIN,
      falsePromotionRate: fractionOf(promotion?.falsePromotionRate ?? '5%') || LEAST_MARGIN,
    },
    ...(checks?.scrape && judged('latency')
      ? { latency: { dispersion: tempered(checks, dispersion.latency) } }
      : {}),
    ...(judged('restarts') ? { restarts: tolerance } : {}),
    ...(judged('readiness') ? { readiness: tolerance } : {}),
  };
}

/** 0 % would ask for infinitely many requests. */
const LEAST_MARGIN = 0.0001;

/** A verdict needs its poll, its traffic two more, and the router the settle time. */
const POLLS_TO_ZERO = 2;
const DEFAULT_SETTLE_SECONDS = 3;

function paceParamsOf(
  { checks, strategy, traffic }: AppReleaseSpec,
  params: AnalysisParams,
): Pick<AnalysisParams, 'pace'> {
  const pace = strategy.canary?.pace;
  if (!pace) return {};
  const everySeconds = checks?.scrape?.everySeconds ?? DEFAULT_EVERY_SECONDS;
  const settleSeconds = traffic?.settleSeconds ?? DEFAULT_SETTLE_SECONDS;
  const { exposure, maxWeight } = pace;
  return {
    pace: {
      exposure,
      maxWeight,
      lagPolls: POLLS_TO_ZERO + settleSeconds / everySeconds,
      errorsNeeded: errorsNeeded(params),
    },
  };
}

type Checks = AppReleaseSpec['checks'];

function errorsOf(checks: Checks): { readonly ratio: number; readonly margin: number } {
  const { margin, ratio } = checks?.errorRate ?? {};
  return {
    ratio: ratio ?? DEFAULT_PARAMS.errors.ratio,
    margin: margin === undefined ? DEFAULT_PARAMS.errors.margin : fractionOf(margin),
  };
}

function methodOf(checks: Checks, phi: number): RateMethod {
  if (checks?.dispersion !== 'strict') {
    return { kind: 'counts', dispersion: tempered(checks, phi) };
  }
  const everySeconds = checks.scrape?.everySeconds ?? DEFAULT_EVERY_SECONDS;
  return { kind: 'betting', blockPolls: Math.ceil(STRICT_BLOCK_SECONDS / everySeconds) };
}

/* Latency has no strict method: there, too, it is taken to cluster more than was seen. */
function tempered(checks: Checks, phi: number): number {
  return checks?.dispersion === undefined || checks.dispersion === 'auto' ? phi : MORE * phi;
}
