// Polls for tests: pods that count, fail or vanish, said in one line each.
import type { Arm, Counters, PodSample, Poll } from '../sample.ts';

type Options = {
  readonly errors?: number;
  readonly startedAfterRelease?: boolean;
  readonly expectedProbes?: number;
  readonly latency?: Counters['latency'];
};

/** A canary pod that counted so many requests; it started with the release. */
export function canaryPod(podUid: string, requests: number, options: Options = {}): PodSample {
  return counted(podUid, 'canary', { startedAfterRelease: true, ...options, requests });
}

/** A stable pod that counted so many requests; it is older than the release. */
export function stablePod(podUid: string, requests: number, options: Options = {}): PodSample {
  return counted(podUid, 'stable', { startedAfterRelease: false, ...options, requests });
}

export function failedPod(podUid: string, arm: Arm): PodSample {
  return { kind: 'failed', podUid, arm };
}

export function uncountedPod(podUid: string, arm: Arm): PodSample {
  return { kind: 'uncounted', podUid, arm };
}

/** A poll at 5 % weight. */
export function poll(...samples: readonly PodSample[]): Poll {
  return pollAt(5, ...samples);
}

export function pollAt(canaryWeightPercent: number, ...samples: readonly PodSample[]): Poll {
  return { canaryWeightPercent, samples };
}

function counted(
  podUid: string,
  arm: Arm,
  options: Options & { readonly requests: number; readonly startedAfterRelease: boolean },
): PodSample {
  const { requests, errors = 0, startedAfterRelease, latency, expectedProbes } = options;
  return {
    kind: 'counted',
    podUid,
    arm,
    startedAfterRelease,
    counters: { requests, errors, ...(latency === undefined ? {} : { latency }) },
    ...(expectedProbes === undefined ? {} : { expectedProbes }),
  };
}
