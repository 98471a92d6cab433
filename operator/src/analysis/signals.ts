// The signals of one release side by side: each has its own e-process, all are stepped by the same
// polls, and their weighted mean is the evidence a rollback is decided on.
import { type EProcessState, initialEProcess, logEvidence, stepEProcess } from './e-process.ts';
import { type LatencyState, initialLatency, logLatencyEvidence, stepLatency } from './latency.ts';
import { type LogSignal, signalWeights } from './merge.ts';
import type { AnalysisParams } from './params.ts';
import {
  type RestartState,
  initialRestarts,
  logRestartEvidence,
  stepRestarts,
} from './restarts.ts';
import type { PollDelta, RestartDelta } from './sample.ts';
import type { Signal } from './verdict.ts';

/** Plain JSON. Which signals there are is fixed when a release begins. */
export type SignalsState = {
  readonly errors: EProcessState;
  readonly latency?: LatencyState;
  readonly restarts?: RestartState;
};

export function initialSignals(params: AnalysisParams): SignalsState {
  return {
    errors: initialEProcess(),
    ...(params.latency === undefined ? {} : { latency: initialLatency() }),
    ...(params.restarts === undefined ? {} : { restarts: initialRestarts() }),
  };
}

/** Takes in the requests of one poll. */
export function stepRequests(
  state: SignalsState,
  delta: PollDelta,
  params: AnalysisParams,
): SignalsState {
  const { plannedPolls } = params;
  const errors = stepEProcess(state.errors, delta, { ...params.errors, plannedPolls });
  const [canary, stable] = [delta.canary.latency, delta.stable.latency];
  if (params.latency === undefined || canary === undefined || stable === undefined) {
    return { ...state, errors };
  }
  const latencyParams = { ...params.latency, plannedPolls };
  const before = state.latency ?? initialLatency();
  return { ...state, errors, latency: stepLatency(before, { canary, stable }, latencyParams) };
}

/** Takes in the crashes of one poll. */
export function stepCrashes(
  state: SignalsState,
  delta: RestartDelta,
  params: AnalysisParams,
): SignalsState {
  if (params.restarts === undefined) return state;
  const restartParams = { ...params.restarts, plannedPolls: params.plannedPolls };
  const before = state.restarts ?? initialRestarts();
  return { ...state, restarts: stepRestarts(before, delta, restartParams) };
}

/** The evidence of each signal in use. A signal without data yet counts as no evidence. */
export function logSignals(state: SignalsState, params: AnalysisParams): readonly LogSignal[] {
  const { plannedPolls, latency, restarts } = params;
  const used: readonly Signal[] = [
    'errors',
    ...(latency === undefined ? [] : (['latency'] as const)),
    ...(restarts === undefined ? [] : (['restarts'] as const)),
  ];
  const weights = signalWeights(used);
  const logs: Readonly<Record<Signal, number>> = {
    errors: logEvidence(state.errors, { ...params.errors, plannedPolls }),
    latency:
      latency === undefined || state.latency === undefined
        ? 0
        : logLatencyEvidence(state.latency, { ...latency, plannedPolls }),
    restarts:
      restarts === undefined || state.restarts === undefined
        ? 0
        : logRestartEvidence(state.restarts, { ...restarts, plannedPolls }),
  };
  return used.map((signal) => ({ signal, weight: weights[signal], logEvidence: logs[signal] }));
}
