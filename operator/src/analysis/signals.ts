// The signals of one release side by side: each has its own e-process, all are stepped by the same
// polls, and their weighted mean is the evidence a rollback is decided on.
import {
  type IncidentState,
  initialIncidents,
  logIncidentEvidence,
  stepIncidents,
} from './incidents.ts';
import { type LatencyState, initialLatency, logLatencyEvidence, stepLatency } from './latency.ts';
import { type LogSignal, signalWeights } from './merge.ts';
import type { AnalysisParams } from './params.ts';
import {
  type RateParams,
  type RateState,
  initialRate,
  logRateEvidence,
  stepRate,
} from './rate-signal.ts';
import type { IncidentDelta, PairCounters, PollDelta } from './sample.ts';
import type { Signal } from './verdict.ts';

/** Plain JSON. Which signals there are is fixed when a release begins. */
export type SignalsState = {
  readonly errors: RateState;
  readonly latency?: LatencyState;
  readonly restarts?: IncidentState;
  readonly readiness?: IncidentState;
  readonly gateway?: RateState;
  /** By the name of the pair. */
  readonly pairs?: Readonly<Record<string, RateState>>;
};

/** What the pods' statuses tell, scraped or not. */
export type IncidentSignal = 'restarts' | 'readiness';

export function initialSignals(params: AnalysisParams): SignalsState {
  const rate = initialRate(params.errors.method);
  return {
    errors: rate,
    ...(params.latency === undefined ? {} : { latency: initialLatency() }),
    ...(params.restarts === undefined ? {} : { restarts: initialIncidents() }),
    ...(params.readiness === undefined ? {} : { readiness: initialIncidents() }),
    ...(params.gateway === 'absent' ? {} : { gateway: rate }),
    ...(params.pairs.length === 0
      ? {}
      : { pairs: Object.fromEntries(params.pairs.map(({ name }) => [name, rate])) }),
  };
}

/** Takes in the requests of one poll. */
export function stepRequests(
  state: SignalsState,
  delta: PollDelta,
  params: AnalysisParams,
): SignalsState {
  const errors = stepRate(state.errors, delta, errorParams(params));
  return {
    ...state,
    errors,
    ...latencyStep(state, delta, params),
    ...pairsStep(state, delta, params),
  };
}

/** Takes in what the gateway's proxies counted in one poll. */
export function stepGateway(
  state: SignalsState,
  delta: PollDelta,
  params: AnalysisParams,
): SignalsState {
  if (params.gateway === 'absent') return state;
  const before = state.gateway ?? initialRate(params.errors.method);
  return { ...state, gateway: stepRate(before, delta, errorParams(params)) };
}

/** Takes in the crashes of one poll, or its losses of readiness. */
export function stepIncidentSignal(
  state: SignalsState,
  signal: IncidentSignal,
  { delta, params }: { readonly delta: IncidentDelta; readonly params: AnalysisParams },
): SignalsState {
  const own = params[signal];
  if (own === undefined) return state;
  const incidentParams = { ...own, plannedPolls: params.plannedPolls };
  const before = state[signal] ?? initialIncidents();
  return { ...state, [signal]: stepIncidents(before, delta, incidentParams) };
}

/** The evidence of each signal in use. A signal without data yet counts as no evidence. */
export function logSignals(state: SignalsState, params: AnalysisParams): readonly LogSignal[] {
  const logs: readonly (readonly [Signal, number])[] = [
    ...errorLogs(state, params),
    ...optionalLogs(state, params),
    ...params.pairs.map((pair) => {
      const own = state.pairs?.[pair.name];
      const log = own === undefined ? 0 : logRateEvidence(own, pairParams(pair, params));
      return [`counter:${pair.name}`, log] as const;
    }),
  ];
  const weights = signalWeights(logs.map(([signal]) => signal));
  return logs.map(([signal, logEvidence], index) => ({
    signal,
    weight: weights[index] ?? 0,
    logEvidence,
  }));
}

function errorLogs(
  state: SignalsState,
  params: AnalysisParams,
): readonly (readonly [Signal, number])[] {
  if (params.pods === 'unread') return [];
  return [['errors', logRateEvidence(state.errors, errorParams(params))]];
}

function optionalLogs(
  state: SignalsState,
  { gateway, latency, readiness, restarts, ...params }: AnalysisParams,
): readonly (readonly [Signal, number])[] {
  const { plannedPolls } = params;
  const incidents = (own: IncidentState | undefined, signal: typeof restarts): number =>
    own && signal ? logIncidentEvidence(own, { ...signal, plannedPolls }) : 0;
  return [
    ...(latency
      ? [['latency', latencyLog(state.latency, { ...latency, plannedPolls })] as const]
      : []),
    ...(restarts ? [['restarts', incidents(state.restarts, restarts)] as const] : []),
    ...(readiness ? [['readiness', incidents(state.readiness, readiness)] as const] : []),
    ...(gateway === 'judged'
      ? [['gateway', state.gateway ? logRateEvidence(state.gateway, errorParams(params)) : 0] as const]
      : []),
  ];
}

function latencyLog(
  state: LatencyState | undefined,
  params: Parameters<typeof logLatencyEvidence>[1],
): number {
  return state === undefined ? 0 : logLatencyEvidence(state, params);
}

function latencyStep(
  state: SignalsState,
  delta: PollDelta,
  { latency, plannedPolls }: AnalysisParams,
): Pick<SignalsState, 'latency'> {
  const [canary, stable] = [delta.canary.latency, delta.stable.latency];
  if (latency === undefined || canary === undefined || stable === undefined) return {};
  const before = state.latency ?? initialLatency();
  return { latency: stepLatency(before, { canary, stable }, { ...latency, plannedPolls }) };
}

/* A pair that an arm does not count has no poll: absence is no zero. */
function pairsStep(
  state: SignalsState,
  delta: PollDelta,
  params: AnalysisParams,
): Pick<SignalsState, 'pairs'> {
  if (params.pairs.length === 0) return {};
  const stepped = params.pairs.map((pair) => {
    const before = state.pairs?.[pair.name] ?? initialRate(params.errors.method);
    const canary = delta.canary.pairs?.[pair.name];
    const stable = delta.stable.pairs?.[pair.name];
    if (canary === undefined || stable === undefined) return [pair.name, before] as const;
    const counts = { canary: countsOf(canary), stable: countsOf(stable) };
    return [pair.name, stepRate(before, counts, pairParams(pair, params))] as const;
  });
  return { pairs: Object.fromEntries(stepped) };
}

function countsOf({ bad, total }: PairCounters) {
  return { requests: Math.max(total, bad), errors: bad };
}

/** What the comparison of errors is told. */
export function errorParams({
  errors,
  plannedPolls,
}: Pick<AnalysisParams, 'errors' | 'plannedPolls'>): RateParams {
  return { ...errors, plannedPolls };
}

function pairParams(
  { margin, ratio }: { readonly ratio: number; readonly margin: number },
  { errors, plannedPolls }: AnalysisParams,
): RateParams {
  return { ratio, margin, method: errors.method, plannedPolls };
}
