// Evidence that the canary's pods crash, or lose readiness, more often than pods may: incidents
// against an absolute tolerance. A comparison with stable would be weak where both have few pods;
// one crash proves nothing, the second one soon after nearly does.
//
// With lambda0 the tolerated incidents per pod and second, x of them in s pod-seconds, and incidents
// that come as a Poisson process of at most that rate, e^(x ln k - lambda0 s (k - 1)) has
// expectation at most 1 for each multiple k.
import type { IncidentCounts, IncidentDelta } from './sample.ts';
import { type MixtureState, initialMixture, logMixture, stepMixture } from './start-mixture.ts';

export type IncidentParams = {
  /** Incidents per pod and hour that are acceptable; see toleratedPerPodHour. */
  readonly toleratedPerPodHour: number;
  readonly plannedPolls: number;
};

export type IncidentState = {
  readonly mixture: MixtureState;
  /**
   * Incidents per pod of late, fading with every poll: to see whether stable has the same trouble.
   */
  readonly recent: { readonly canary: number; readonly stable: number };
  /** All since the release began, for people. */
  readonly seen: IncidentsSeen;
};

export type IncidentsSeen = {
  readonly canary: number;
  readonly stable: number;
  /** How long canary pods were watched, added up over the pods. */
  readonly canaryPodSeconds: number;
};

const MULTIPLES = [10, 50] as const;
const FLOOR_PER_POD_HOUR = 0.5;
const SECONDS_PER_HOUR = 3600;
/** Half of an incident is forgotten after about 20 polls. */
const FADING = 0.966;
/** Shared trouble: stable's pods suffer at least a quarter as often as the canary's. */
const SHARED_SHARE = 0.25;

/** Twice what stable did over the last day, and never less than one in two hours. */
export function toleratedPerPodHour(stable: {
  readonly incidents: number;
  readonly podHours: number;
}): number {
  const seen = stable.podHours > 0 ? stable.incidents / stable.podHours : 0;
  return Math.max(FLOOR_PER_POD_HOUR, 2 * seen);
}

export function initialIncidents(): IncidentState {
  return {
    mixture: initialMixture(MULTIPLES.length),
    recent: { canary: 0, stable: 0 },
    seen: { canary: 0, stable: 0, canaryPodSeconds: 0 },
  };
}

/** Takes in one poll. In trouble that both share, the canary's incidents are not counted. */
export function stepIncidents(
  state: IncidentState,
  delta: IncidentDelta,
  params: IncidentParams,
): IncidentState {
  const { canary, stable, elapsedSeconds } = delta;
  if (canary.pods <= 0 || elapsedSeconds <= 0) return state;
  const recent = {
    canary: state.recent.canary * FADING + perPod(canary),
    stable: state.recent.stable * FADING + perPod(stable),
  };
  const shared = recent.stable > 0 && recent.stable >= SHARED_SHARE * recent.canary;
  const counted = shared ? 0 : canary.incidents;
  const tolerated =
    (params.toleratedPerPodHour / SECONDS_PER_HOUR) * canary.pods * elapsedSeconds;
  const gains = MULTIPLES.map((k) => counted * Math.log(k) - tolerated * (k - 1));
  return {
    mixture: stepMixture(state.mixture, gains, params.plannedPolls),
    recent,
    seen: {
      canary: state.seen.canary + canary.incidents,
      stable: state.seen.stable + stable.incidents,
      canaryPodSeconds: state.seen.canaryPodSeconds + canary.pods * elapsedSeconds,
    },
  };
}

/** ln of the evidence that the canary suffers too often. */
export function logIncidentEvidence(state: IncidentState, params: IncidentParams): number {
  return logMixture(state.mixture, params.plannedPolls);
}

function perPod({ incidents, pods }: IncidentCounts): number {
  return pods > 0 ? incidents / pods : 0;
}
