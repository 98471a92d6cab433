// Evidence that the canary crashes more often than a pod may: container restarts against an
// absolute tolerance. A comparison with stable would be weak where both have few pods; one crash
// proves nothing, the second one soon after nearly does.
//
// With lambda0 the tolerated crashes per pod and second, x crashes in s pod-seconds, and crashes
// that come as a Poisson process of at most that rate, e^(x ln k - lambda0 s (k - 1)) has
// expectation at most 1 for each multiple k.
import type { RestartCounts, RestartDelta } from './sample.ts';
import { type MixtureState, initialMixture, logMixture, stepMixture } from './start-mixture.ts';

export type RestartParams = {
  /** Crashes per pod and hour that are acceptable; see toleratedPerPodHour. */
  readonly toleratedPerPodHour: number;
  readonly plannedPolls: number;
};

export type RestartState = {
  readonly mixture: MixtureState;
  /**
   * Restarts per pod of late, fading with every poll: to see whether stable has the same trouble.
   */
  readonly recent: { readonly canary: number; readonly stable: number };
};

const MULTIPLES = [10, 50] as const;
const FLOOR_PER_POD_HOUR = 0.5;
const SECONDS_PER_HOUR = 3600;
/** Half of a restart is forgotten after about 20 polls. */
const FADING = 0.966;
/** Shared trouble: stable's pods restart at least a quarter as often as the canary's. */
const SHARED_SHARE = 0.25;

/** Twice what stable did over the last day, and never less than one in two hours. */
export function toleratedPerPodHour(stable: {
  readonly restarts: number;
  readonly podHours: number;
}): number {
  const seen = stable.podHours > 0 ? stable.restarts / stable.podHours : 0;
  return Math.max(FLOOR_PER_POD_HOUR, 2 * seen);
}

export function initialRestarts(): RestartState {
  return { mixture: initialMixture(MULTIPLES.length), recent: { canary: 0, stable: 0 } };
}

/** Takes in one poll. In trouble that both share, the canary's restarts are not counted. */
export function stepRestarts(
  state: RestartState,
  delta: RestartDelta,
  params: RestartParams,
): RestartState {
  const { canary, stable, elapsedSeconds } = delta;
  if (canary.pods <= 0 || elapsedSeconds <= 0) return state;
  const recent = {
    canary: state.recent.canary * FADING + perPod(canary),
    stable: state.recent.stable * FADING + perPod(stable),
  };
  const shared = recent.stable > 0 && recent.stable >= SHARED_SHARE * recent.canary;
  const counted = shared ? 0 : canary.restarts;
  const tolerated =
    (params.toleratedPerPodHour / SECONDS_PER_HOUR) * canary.pods * elapsedSeconds;
  const gains = MULTIPLES.map((k) => counted * Math.log(k) - tolerated * (k - 1));
  return { mixture: stepMixture(state.mixture, gains, params.plannedPolls), recent };
}

/** ln of the evidence that the canary crashes too often. */
export function logRestartEvidence(state: RestartState, params: RestartParams): number {
  return logMixture(state.mixture, params.plannedPolls);
}

function perPod({ restarts, pods }: RestartCounts): number {
  return pods > 0 ? restarts / pods : 0;
}
