// A canary that gets a share of the traffic and answers nothing: refused, hung or reset requests
// are counted by no pod. Stable's counters, scaled by the weight, say how many it should have
// answered.
import type { PollDelta } from './sample.ts';

/** Requests the canary should have answered since it last answered one. */
export type SilenceState = { readonly expectedRequests: number };

export function initialSilence(): SilenceState {
  return { expectedRequests: 0 };
}

/** Takes in one poll. Only polls in which every canary pod was read can add to the silence. */
export function stepSilence(state: SilenceState, delta: PollDelta): SilenceState {
  const weight = delta.canaryWeightPercent;
  if (delta.canary.requests > 0 || weight <= 0 || weight >= 100) return initialSilence();
  if (delta.canary.pods.read < delta.canary.pods.listed) return state;
  const added = (delta.stable.requests * weight) / (100 - weight);
  return { expectedRequests: state.expectedRequests + added };
}
