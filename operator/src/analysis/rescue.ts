// Is stable worse than the canary? The error test with its arms exchanged: it may say so only while
// stable fails by itself, and promotes nothing unless the release allows it.
import { type EProcessState, initialEProcess, logEvidence, stepEProcess } from './e-process.ts';
import type { EProcessParams, TwoArmCounts } from './e-process.ts';
import type { AnalysisParams } from './params.ts';

/** Plain JSON. */
export type RescueState = EProcessState;

export function initialRescue(): RescueState {
  return initialEProcess();
}

/** Takes in one poll. */
export function stepRescue(
  state: RescueState,
  { canary, stable }: TwoArmCounts,
  params: AnalysisParams,
): RescueState {
  return stepEProcess(state, { canary: stable, stable: canary }, swapped(params));
}

/** True once stable is shown to be worse, at the rate of error that a rollback has. */
export function isStableWorse(state: RescueState, params: AnalysisParams): boolean {
  return logEvidence(state, swapped(params)) >= -Math.log(params.falseRollbackRate);
}

/* The bets of the strict method would come too late to rescue anybody; a dispersion has to do. */
function swapped({ errors, plannedPolls }: AnalysisParams): EProcessParams {
  const { method, ratio, margin } = errors;
  const dispersion = method.kind === 'counts' ? method.dispersion : STRICT_DISPERSION;
  return { ratio, margin, dispersion, plannedPolls };
}

const STRICT_DISPERSION = 10;
